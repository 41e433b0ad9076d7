"""Structured starts by sf-flow: beside a stored saddle with noise on some weights, from a run in a wider network and on
other data, by a parameterisation; what is noted in the file."""
import os
import subprocess

import h5py
import numpy as np

from tool import BIN, MAIN, STUDIES, flow, in_temporary_folder, one_line, succeed

LINEAR = os.path.join(STUDIES, "linear-exact.toml")


def start(*arguments):
    succeed(*arguments, "-o", "start.h5", "-q", "--force", "--set", "flow.t_end=1e-3")
    with h5py.File("start.h5") as run:
        return run["weights"][0], dict(run["run"].attrs)


def beside_a_saddle():
    """Noise on the zero neurons, the kept ones or all, absolute or relative to the point."""
    succeed(MAIN, "-o", "run.h5", "-q", "--set", "flow.t_end=3000")
    subprocess.run([os.path.join(BIN, "sf-saddles"), "run.h5", "-o", "saddles.h5", "-q"], check=True)
    with h5py.File("saddles.h5") as file:
        kinds = file["catalogue/zero_neuron"][:]
        row = next(k for k in range(len(kinds)) if 0 < np.count_nonzero(kinds[k] == 1) < kinds.shape[1])
        point, zero_neurons = file["catalogue/point"][row], kinds[row] == 1
    zero = np.concatenate([np.tile(zero_neurons, 10), zero_neurons])  # 10-20-1, every matrix column by column
    source = ("--from", f"saddles.h5:{row + 1}", "--perturb", "1e-3")
    for moved, still in (("zero", ~zero), ("kept", zero), ("all", np.zeros_like(zero))):
        for relative in (None, 0.05):
            more = [] if relative is None else ["--set", f"init.perturbation={relative}"]
            w, attributes = start(*source, "--set", f"init.moved={moved}", *more)
            step = w - point
            size = 1e-3 if relative is None else relative * np.linalg.norm(point)
            assert np.all(step[still] == 0) and np.all(step[~still] != 0), moved
            assert abs(np.linalg.norm(step) / size - 1) < 1e-10, (moved, np.linalg.norm(step), size)
            assert f"{moved} weights" in attributes["start_direction"], attributes
            assert abs(float(attributes["start_delta"]) / size - 1) < 1e-10
    print(f"point {row + 1}, {np.count_nonzero(zero_neurons)} zero neurons: each choice moves its weights alone, as far as asked")
    one_line(flow(*source, "--along", "1", "--set", "init.moved=all", "-o", "x.h5"), 2, "init.moved", "init.escape")
    wider(source, point, zero)


def wider(source, point, zero):
    """The point's neurons first, moved as without more of them, and small additional ones."""
    plain, _ = start(*source)
    more = ("--set", "network.layers=[10,25,1]", "--set", "init.added_scale=1e-4")
    w, attributes = start(*source, *more)
    first, outer = w[:250].reshape(10, 25), w[250:]
    assert np.array_equal(np.concatenate([first[:, :20].ravel(), outer[:20]]), plain)
    assert np.all((plain == point)[~zero]) and attributes["start_kind"]
    assert abs(np.hypot(np.linalg.norm(first[:, 20:]), np.linalg.norm(outer[20:])) / 1e-4 - 1) < 1e-12
    one_line(flow(*source, "--set", "init.added_scale=1e-4", "-o", "x.h5"), 2, "expected a wider network")
    one_line(flow(*source, *more[:2], "-o", "x.h5"), 2, "expected 275")
    print("beside a saddle in a wider network: the neurons of the point, and additional ones of the norm asked for")


def after_a_run():
    """Its network, a wider one, other data."""
    succeed(MAIN, "-o", "run.h5", "-q", "--force", "--set", "flow.t_end=3000")
    with h5py.File("run.h5") as run:
        last = run["weights"][-1]
    trained = ("--set", "init.kind=run", "--set", "init.file=run.h5", "--set", "init.keep_norm=true")
    w, _ = start(MAIN, *trained, "--set", "data.seed=5")
    assert np.array_equal(w, last)
    w, _ = start(MAIN, *trained, "--set", "init.perturbation=0.1")
    assert abs(np.linalg.norm(w - last) / np.linalg.norm(last) - 0.1) < 1e-12
    w, _ = start(MAIN, *trained, "--set", "network.layers=[10,25,1]", "--set", "init.added_scale=1e-3")
    first, outer = w[:250].reshape(10, 25), w[250:]
    assert np.array_equal(first[:, :20].ravel(), last[:200]) and np.array_equal(outer[:20], last[200:])
    assert abs(np.hypot(np.linalg.norm(first[:, 20:]), np.linalg.norm(outer[20:])) / 1e-3 - 1) < 1e-12
    one_line(flow(MAIN, *trained, "--set", "network.layers=[10,25,1]", "-o", "x.h5"), 2, "init: found 220 weights, expected 275")
    print("a run's weights: exactly, with noise of 0.1 of their norm, and first in a wider network")


def noted_rates():
    _, attributes = start(MAIN, "--set", "init.kind=mup")
    assert attributes["start_rates"] == "20 0.05", attributes
    _, attributes = start(MAIN, "--set", "init.kind=standard")
    assert "start_rates" not in attributes


def replaced_start():
    """An override of init.kind takes the keys of the start before with it; a study alone is told of them."""
    with open("low.toml", "w") as file:
        file.write(open(LINEAR).read().replace('kind = "balanced"', 'kind = "low_rank"\nrank = 1'))
    start("low.toml")
    start("low.toml", "--set", "init.kind=gaussian")
    with open("bad.toml", "w") as file:
        file.write(open(LINEAR).read().replace('kind = "balanced"', 'kind = "balanced"\nrank = 1'))
    one_line(flow("bad.toml", "-o", "x.h5"), 2, "bad.toml:", "init.rank: is for init.kind = low_rank, aligned, found \"balanced\"")


def test():
    beside_a_saddle()
    after_a_run()
    noted_rates()
    replaced_start()


in_temporary_folder(test)
