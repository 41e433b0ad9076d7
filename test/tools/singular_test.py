"""Singular values and effective widths of the snapshots against numpy and against what is known; every snapshot at a row of
time, whose numbers are those of its weights, while the path is the one of a run without it; --resume with all of that."""
import os

import h5py
import numpy as np
import xarray

from tool import MAIN, STUDIES, flow, in_temporary_folder, one_line, succeed

NEGLIGIBLE, ONE_RAY = 1e-4, 0.01  # kNegligibleShare and kOneRay of network/effective_width.hpp


def matrices(file, w):
    """W_1, W_2, ... of one row of weights."""
    layer, row, column = (file[f"network/parameter_{name}"][:] for name in ("layer", "row", "column"))
    result = []
    for l in range(layer.max() + 1):
        here = layer == l
        matrix = np.zeros((row[here].max() + 1, column[here].max() + 1))
        matrix[row[here], column[here]] = w[here]
        result.append(matrix)
    return result


def neuron_norms(layers, l):
    return np.sqrt((layers[l] ** 2).sum(axis=1) + (layers[l + 1] ** 2).sum(axis=0))


def rays(layers, l, power):
    """From the largest neuron to the smallest, those that are not negligible."""
    norms, found = neuron_norms(layers, l), []
    for k in np.argsort(-norms, kind="stable"):
        row = layers[l][k]
        if norms[k] < NEGLIGIBLE ** (1 / (power + 1)) * norms.max() or not row.any():
            continue
        ray = row / np.linalg.norm(row)
        if all(np.linalg.norm(ray - other) >= ONE_RAY for other in found):
            found.append(ray)
    return len(found)


def rank(layers, l, power):
    values = np.linalg.svd(layers[l + 1] @ layers[l], compute_uv=False)
    return int((values >= NEGLIGIBLE ** (2 / len(layers)) * values[0]).sum())


def neurons(layers, l, power):
    norms = neuron_norms(layers, l)
    return int((norms >= NEGLIGIBLE ** (1 / (power + 1)) * norms.max()).sum())


def check_measures(name, kind):
    """All snapshots of a feed-forward run; the worst error of a singular value over the largest of its matrix."""
    worst = 0
    with h5py.File(name) as file:
        assert file["network"].attrs["width_kind"] == kind
        linear = kind == "rank"
        assert ("product_singular_values" in file) == linear
        of_layer, values, widths = file["network/singular_value_layer"][:], file["singular_values"][:], file["effective_width"][:]
        for s, w in enumerate(file["weights"][:]):
            layers = matrices(file, w)
            pairs = [(values[s, of_layer == l], matrix) for l, matrix in enumerate(layers)]
            if linear:
                product = layers[0]
                for matrix in layers[1:]:
                    product = matrix @ product
                pairs.append((file["product_singular_values"][s], product))
            for found, matrix in pairs:
                expected = np.linalg.svd(matrix, compute_uv=False)
                assert found.shape == expected.shape and (np.diff(found) <= 0).all()
                worst = max(worst, abs(found - expected).max() / expected[0])
            count = {"rank": rank, "rays": rays, "neurons": neurons}[kind]
            assert widths[s].tolist() == [count(layers, l, file["network"].attrs["power"]) for l in range(len(layers) - 1)], (name, s)
        assert worst <= 1e-12, worst
        print(f"{name}: {len(values)} snapshots, {values.shape[1]} singular values each, off by {worst:.1e} of the largest")


NETWORK = """
[network]
layers = {}
slope = {}
power = {}
[data]
inputs = "gaussian"
samples = 12
targets = "{}"
seed = 3
[init]
scale = {}
seed = 5
[flow]
t_end = {}
rtol = 1e-7
"""


def singular_values_are_those_of_numpy():
    for layers, slope, power, kind in (([4, 6, 3], 1.0, 1, "rank"), ([4, 5, 3, 2], 1.0, 1, "rank"), ([3, 5, 4, 4, 2], 1.0, 1, "rank"),
                                       ([3, 6, 1], 0.0, 2, "neurons"), ([3, 4, 3, 1], 0.0, 2, "neurons"), ([3, 5, 4, 1], 0.2, 1, "rays"),
                                       ([70, 72, 1], 1.0, 1, "rank")):  # of a size where another method stands in
        name = f"net-{'-'.join(map(str, layers))}-{power}"
        with open(name + ".toml", "w") as file:
            file.write(NETWORK.format(layers, slope, power, "teacher", 0.3, 0.5 if layers[0] < 70 else 1e-3))
        result = flow(name + ".toml", "-o", name + ".h5", "-q")
        assert result.returncode == 0, result.stderr
        check_measures(name + ".h5", kind)


def what_other_families_have():
    """Incoming weights where pre-activations are known; neither matrices nor a map: no such datasets."""
    text = NETWORK.format([3, 4], 0.0, 2, "teacher", 0.3, 0.5).replace("[network]", '[network]\nkind = "power_sum"')
    with open("sum.toml", "w") as file:
        file.write(text)
    succeed("sum.toml", "-o", "sum.h5", "-q")
    with h5py.File("sum.h5") as file:
        for s, w in enumerate(file["weights"][:]):
            expected = np.linalg.svd(matrices(file, w)[0], compute_uv=False)
            assert abs(file["singular_values"][s] - expected).max() <= 1e-12 * expected[0]
        assert "product_singular_values" not in file
    text = NETWORK.format([3], 1.0, 1, "teacher", 0.3, 0.5).replace("[network]", '[network]\nkind = "diagonal_linear"')
    with open("diagonal.toml", "w") as file:
        file.write(text.replace("slope = 1.0\npower = 1\n", ""))
    succeed("diagonal.toml", "-o", "diagonal.h5", "-q")
    with h5py.File("diagonal.h5") as file:
        assert "singular_values" not in file and "singular_value" not in file and "product_singular_values" not in file
        w = file["weights"][-1]
        norms = np.hypot(w[:3], w[3:])
        assert file["effective_width"][-1].tolist() == [int((norms >= NEGLIGIBLE**0.5 * norms.max()).sum())]


def at_events(file, *kinds):
    """Effective widths of the first hidden layer at the events of these kinds, in the order of time."""
    names = file["events/kind"].attrs["flag_meanings"].split()
    rows = [s for kind, s in zip(file["events/kind"][:], file["events/snapshot"][:]) if names[kind] in kinds]
    return [int(file["effective_width"][s, 0]) for s in rows]


def widths_that_are_known():
    succeed(os.path.join(STUDIES, "linear-exact.toml"), "-o", "linear.h5", "-q")
    check_measures("linear.h5", "rank")
    with h5py.File("linear.h5") as file:
        assert at_events(file, "saddle_closest") == [1]                  # the plateau: rank one
        assert at_events(file, "end") == [2]                             # the teacher's rank
        assert abs(file["product_singular_values"][-1] - [3, 1]).max() < 1e-6
    succeed(os.path.join(STUDIES, "deep.toml"), "-o", "deep.h5", "-q")
    check_measures("deep.h5", "rank")
    with h5py.File("deep.h5") as file:
        rows = [file["effective_width"][s].tolist() for s in file["events/snapshot"][:]]
        assert at_events(file, "saddle_closest", "end") == [1, 2, 3] and rows[-1] == [3, 3, 3], rows
    succeed(MAIN, "-o", "main.h5", "-q")
    check_measures("main.h5", "neurons")
    with h5py.File("main.h5") as file:
        assert at_events(file, "saddle_enter") == at_events(file, "saddle_closest", "end") == [1, 2, 3]
    succeed(os.path.join(STUDIES, "leaky-relu.toml"), "-o", "leaky.h5", "-q", "--set", "flow.t_end=40")
    check_measures("leaky.h5", "rays")
    with h5py.File("leaky.h5") as file:
        times, widths = file["snapshot_time"][:], file["effective_width"][:, 0]
        plateau = widths[(times > 15) & (times < 20.7)]
        # At the start each neuron has a ray of its own; on the first plateau there is one of those that raise the output
        # and one of those that lower it.
        assert widths[0] == 20 and plateau.min() == 2, (widths[0], plateau)
        print(f"leaky ReLU: {widths[0]} rays at the start, {plateau.min()} on the first plateau, {widths[-1]} at t = 40")
    rays_that_stay()


def rays_that_stay():
    """Four neurons that are multiples of one another stay so on the exact flow; one points elsewhere; one is negligible."""
    first = np.array([0.6, -0.3, 0.5, 0.8])  # three incoming weights and the outgoing one
    neuron = [c * first for c in (1.0, 0.5, 0.3, 0.2)] + [np.array([-0.2, 0.7, 0.1, -0.7]), 1e-4 * np.array([1.0, 1.0, -1.0, 1.0])]
    weights = np.concatenate([np.array(neuron)[:, :3].flatten(order="F"), np.array(neuron)[:, 3]])
    with open("rays.toml", "w") as file:
        file.write(NETWORK.format([3, 6, 1], 0.2, 1, "teacher", 1.0, 0.4).replace(
            "[init]", f'[init]\nkind = "given"\nkeep_norm = true\nweights = {weights.tolist()}'))
    succeed("rays.toml", "-o", "rays.h5", "-q", "--set", "output.weights=all")
    check_measures("rays.h5", "rays")
    with h5py.File("rays.h5") as file:
        assert len(file["weights"]) > 10 and (file["effective_width"][:, 0] == 2).all(), file["effective_width"][:, 0]


def loss_of(file, w):
    """Square loss, summed, of the main study's network."""
    first, second = matrices(file, w)
    outputs = np.maximum(file["problem/inputs"][:] @ first.T, 0) ** 2 @ second.T
    return 0.5 * ((outputs - file["problem/targets"][:]) ** 2).sum()


def check_rows(name):
    """Snapshots and rows of time, whatever the run."""
    with h5py.File(name) as file:
        time, step, row = file["time"][:], file["step"][:], file["snapshot_row"][:]
        assert (time[row] == file["snapshot_time"][:]).all() and (np.diff(row) > 0).all()
        assert (np.diff(time) >= 0).all() and step[0] == 0
        is_step = np.diff(step, prepend=-1) > 0
        assert (step[is_step] == np.arange(is_step.sum())).all()
        assert np.isin(np.flatnonzero(~is_step), row).all()  # a row that is no step is there for its snapshot
        # It lies in the step that ends with the next row of a step.
        end = np.flatnonzero(is_step)[np.searchsorted(np.flatnonzero(is_step), np.arange(len(step)))]
        for column in ("step_size", "stepper", "chart"):
            assert np.array_equal(file[column][:], file[column][:][end]), column
        events = file["events/snapshot"][:]
        assert (time[row[events]] == file["events/event_time"][:]).all()
        assert np.allclose(file["loss"][:][row[events]], file["events/loss"][:], rtol=1e-9, atol=0)
        return is_step, end


def every_snapshot_is_a_row_of_time():
    times = [0.0, 100.0, 2761.0, 2764.5, 2764.5000001, 2800.0, 2900.0]
    sets = ("--set", "flow.t_end=2900")
    succeed(MAIN, "-o", "times.h5", "-q", *sets, "--set", f"output.weights={{times={times}}}")
    succeed(MAIN, "-o", "events.h5", "-q", *sets, "--set", "output.weights=events")
    is_step, _ = check_rows("times.h5")
    without, _ = check_rows("events.h5")
    worst = 0
    with h5py.File("times.h5") as file, h5py.File("events.h5") as other:
        assert np.isin(times, file["time"][:]).all() and np.isin(times, file["snapshot_time"][:]).all()
        assert len(file["time"]) == len(other["time"]) + len(times) - 2  # the first and the last are rows anyhow
        # The same path: steps, events and counters.
        for name in ("time", "loss", "step_size", "neuron_norm", "balance_drift", "energy_drift", "kkt_residual"):
            assert np.array_equal(file[name][:][is_step], other[name][:][without]), name
        for name in ("event_time", "loss", "lambda_min"):
            assert np.array_equal(file["events"][name][:], other["events"][name][:]), name
        counters = [{k: v for k, v in f["run"].attrs.items() if k != "wall_seconds"} for f in (file, other)]
        # A row within a step is evaluated beside the flow.
        beside = counters[0].pop("analysis_gradients") - counters[1].pop("analysis_gradients")
        assert 0 < beside <= len(times), beside
        # Dense output costs gradients of its own (DOP853: three in a step that is looked into), the rows none.
        more = counters[0].pop("gradients") - counters[1].pop("gradients")
        assert 0 <= more <= 3 * len(times) and counters[0] == counters[1], (more, counters)
        # What a row within a step holds is what its weights say.
        for w, r in zip(file["weights"][:], file["snapshot_row"][:]):
            worst = max(worst, abs(file["loss"][r] / loss_of(file, w) - 1))
            assert abs(file["weight_norm"][r] / np.linalg.norm(w) - 1) < 1e-12
            norms = neuron_norms(matrices(file, w), 0)
            assert np.allclose(file["neuron_norm"][r], norms, rtol=1e-12, atol=0)
        assert worst < 1e-12, worst
    with xarray.open_dataset("times.h5", engine="h5netcdf") as run:
        assert np.array_equal(run.time.isel(time=run.snapshot_row), run.snapshot_time)
        assert run.singular_values.dims == ("snapshot_time", "singular_value")
    print(f"{len(is_step)} rows, {is_step.sum()} of them steps; loss of the snapshots' rows off by {worst:.1e}; {more:.0f} gradients more")


def where_kinks_slide():
    """A row within a step of a piecewise-smooth run has the mode of its step."""
    times = list(np.round(np.linspace(0.5, 39.5, 14), 3))
    succeed(os.path.join(STUDIES, "leaky-relu.toml"), "-o", "slide.h5", "-q", "--set", "flow.t_end=40",
            "--set", f"output.weights={{times={[float(t) for t in times]}}}")
    is_step, end = check_rows("slide.h5")
    with h5py.File("slide.h5") as file:
        for column in ("sliding_count", "dead_neurons"):
            assert np.array_equal(file[column][:], file[column][:][end]), column
        assert (~is_step).sum() >= len(times) and np.isin(times, file["time"][:]).all()


def same(a, b):
    with h5py.File(a) as x, h5py.File(b) as y:
        names = []
        x.visititems(lambda key, item: names.append(key) if isinstance(item, h5py.Dataset) else None)
        for key in names:
            assert np.array_equal(x[key][()], y[key][()], equal_nan=x[key].dtype.kind == "f"), key
        assert {"singular_values", "effective_width", "snapshot_row"} <= set(names)


def resumed():
    """The key is a recording: more of it integrates the path anew, less is refused; and rows go on where they were."""
    end = ("--set", "flow.t_end=2790")
    off, on = ("--set", "output.singular_values=false"), ("--set", "output.singular_values=true")
    succeed(MAIN, "-o", "part.h5", "-q", *end, *off)
    with h5py.File("part.h5") as file:
        assert not {"singular_values", "effective_width", "singular_value", "hidden_layer"} & set(file) and "snapshot_row" in file
        assert "width_kind" not in file["network"].attrs
    result = flow(MAIN, "-o", "part.h5", "--resume", *end, *on)
    assert result.returncode == 0 and "output.singular_values is true now, it was false" in result.stderr, result.stderr
    succeed(MAIN, "-o", "whole.h5", "-q", *end)
    same("part.h5", "whole.h5")
    one_line(flow(MAIN, "-o", "part.h5", "--resume", "-q", *end, *off), 2, "output.singular_values: found false", "more to be recorded")
    one_line(flow(MAIN, "-o", "x.h5", "--set", "output.singular_values=3"), 2, "output.singular_values", "found")
    asked = ("--set", "output.checkpoint_seconds=0.01", "--set", "output.weights={times=[10.0, 2700.0, 2762.0, 2795.0, 3000.0]}")
    succeed(MAIN, "-o", "first.h5", "-q", *asked, *end)
    succeed(MAIN, "-o", "first.h5", "-q", "--resume", *asked, "--set", "flow.t_end=3100")
    succeed(MAIN, "-o", "at-once.h5", "-q", *asked, "--set", "flow.t_end=3100")
    same("first.h5", "at-once.h5")
    check_rows("first.h5")


def test():
    singular_values_are_those_of_numpy()
    what_other_families_have()
    widths_that_are_known()
    every_snapshot_is_a_row_of_time()
    where_kinks_slide()
    resumed()


in_temporary_folder(test)
