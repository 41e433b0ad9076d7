"""sf-kkt: the points of a study and of a run, checked against figures computed here from the data of the file."""
import hashlib
import itertools
import os
import re
import signal
import subprocess
import time
import warnings

import h5py
import netCDF4  # here, because its import warns of the version of numpy
import numpy as np
import xarray

from tool import BIN, MAIN, STUDIES, flow, in_temporary_folder, kkt, one_line, succeed

CIRCLE = os.path.join(STUDIES, "circle.toml")


def found(*arguments):
    result = kkt(*arguments)
    assert result.returncode == 0, (arguments, result.returncode, result.stderr)
    return result.stdout


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def circle_gradient(u, x, y):
    """N and its gradient for sum_k max(0, u_k . x)^2 with the square loss, summed: z = y."""
    pre = np.maximum(0, u @ x.T)
    return (y * pre**2).sum(), 2 * (y * pre) @ x


def help_is_complete():
    text = found("--help")
    for option in ("--starts", "--seed", "--no-descend", "--output", "--set", "--force", "--quiet", "--version", "130"):
        assert option in text, option
    assert found("--version").startswith("sf-kkt ")


def points_of_a_study():
    out = found(CIRCLE, "-o", "circle.h5", "--starts", "20", "--seed", "3")
    assert "20 starts, up and down, from seed 3" in out and "circle.h5" in out, out
    with h5py.File("circle.h5") as file:
        x, y, d = file["problem/inputs"][:], file["problem/targets"][:, 0], file["kkt/direction"][:]
        for k, direction in enumerate(d):
            u = direction.reshape(2, 20).T  # columns of the weight matrix one after the other
            value, gradient = circle_gradient(u, x, y)
            assert abs(np.linalg.norm(u) - 1) < 1e-12
            assert abs(value - file["kkt/value"][k]) < 1e-10 * abs(value)
            assert np.linalg.norm(gradient - 2 * value * u) < 1e-10 * np.linalg.norm(gradient)
            assert file["kkt/active_neurons"][k, 0] == (np.linalg.norm(u, axis=1) > 1e-7).sum() or \
                file["kkt/active_neurons"][k, 0] == -1
        # No direction of a single neuron has a higher value than the highest point.
        angle = np.linspace(0, 2 * np.pi, 200001)
        best = max(circle_gradient(np.array([[np.cos(a), np.sin(a)]]), x, y)[0] for a in angle[::20])
        assert -1e-13 * best <= file["kkt/value"][0] - best < 1e-6 * best, (file["kkt/value"][0], best)
        assert (np.diff(file["kkt/value"][:]) <= 1e-9).all()
        assert file["kkt"].attrs["starts"] == 20 and file["kkt"].attrs["seed"] == 3
        assert file["kkt/starts"][:].sum() + file["kkt"].attrs["unresolved"] == 20
        assert file["run"].attrs["stop_reason"] == "search_ended" and len(file["time"]) == 0
        assert "run_point" not in file["kkt"].attrs
    assert re.search(rf"^ +1 .* 46\.87\d* ", out, re.MULTILINE), out


def linear_networks_have_closed_forms():
    """Rank one along the leading singular vectors: N = s_1 (1/sqrt m)^m for m layers, s_1 of sum_i y_i x_i^T."""
    for name, layers in (("linear-exact", 2), ("deep", 4)):
        found(os.path.join(STUDIES, name + ".toml"), "-o", name + ".h5", "--starts", "6", "-q")
        with h5py.File(name + ".h5") as file:
            s = np.linalg.svd(file["problem/targets"][:].T @ file["problem/inputs"][:], compute_uv=False)
            expected = s[0] * layers ** (-layers / 2)
            assert abs(file["kkt/value"][0] - expected) < 1e-12 * expected, (name, file["kkt/value"][0], expected)
            assert abs(file["kkt/layer_share"][0] - 1 / layers).max() < 1e-12
            assert file["kkt/rank_one"][0] == 1 and file["kkt/rank_one_residual"][0].max() < 1e-9
            assert file["kkt/passes"][0] == 1 and file["kkt/null"][0] == 0
            assert list(file["kkt/active_neurons"][0][-1:]) == [-1]
            if layers == 2:  # D N I - Hess N has the eigenvalues s_1 +- s_k, and s_1
                assert abs(file["kkt/second_order_gap"][0] - (s[0] - s[1])) < 1e-9 * s[0]


def without_its_last_figure(text):
    return re.sub(r"[\d.]+ s$", "", text, flags=re.MULTILINE)


def a_seed_gives_one_table():
    first = found(CIRCLE, "--starts", "9", "--seed", "5")
    assert without_its_last_figure(found(CIRCLE, "--starts", "9", "--seed", "5")) == without_its_last_figure(first)
    only_up = found(CIRCLE, "--starts", "9", "--seed", "5", "--no-descend")
    assert "9 starts from seed 5" in only_up and len(only_up.splitlines()) < len(first.splitlines())
    assert found(CIRCLE, "--starts", "1", "-q") == ""


def main_gradient(w, x, y):
    """N and its gradient for the 10-20-1 network of the main study, power 2, slope 0."""
    first, second = w[:200].reshape(10, 20).T, w[200:]
    pre = np.maximum(0, first @ x.T)
    return (second @ pre**2) @ y, np.concatenate([((2 * second[:, None] * pre * y) @ x).T.ravel(), pre**2 @ y])


def points_of_a_run():
    succeed(MAIN, "-o", "run.h5", "-q", "--set", "flow.t_end=2900")
    before = digest("run.h5")
    out = found("run.h5", "-o", "with.h5", "--starts", "12", "--no-descend")
    print(out[out.index("run:"):].strip())
    assert digest("run.h5") == before
    assert "its direction went to KKT point 1: maximum" in out and "1 - cosine below 1e-03" in out
    with h5py.File("run.h5") as run, h5py.File("with.h5") as file:
        for name in ("weights", "snapshot_time", "time", "loss", "events/event_time"):
            assert (file[name][:] == run[name][:]).all(), name
        assert file.attrs["run_id"] == run.attrs["run_id"] and "sf-kkt" in file.attrs["history"]
        assert file["kkt"].attrs["run_point"] == 0
        x, y = file["problem/inputs"][:], file["problem/targets"][:, 0]
        point = file["kkt/direction"][0]
        entering, leaving = point[:200].reshape(10, 20).T, point[200:]
        assert (np.linalg.norm(entering, axis=1) > 1e-8).sum() == 1  # so the best order is found by hand
        mine = np.argmax(np.linalg.norm(entering, axis=1))
        partner = np.append(entering[mine], leaving[mine])
        escape = file["events/event_time"][0]
        for row in range(0, len(file["weights"]), 7):
            w = file["weights"][row]
            neurons = np.column_stack([w[:200].reshape(10, 20).T, w[200:]])
            cosine = (neurons @ partner).max() / np.linalg.norm(w)
            if file["nearest_kkt"][row] == 0:
                assert abs(file["alignment"][row] - cosine) < 1e-9, (row, file["alignment"][row], cosine)
            else:
                assert file["alignment"][row] >= cosine - 1e-9, row
            value, gradient = main_gradient(w / np.linalg.norm(w), x, y)
            residual = np.linalg.norm(gradient - 3 * value * w / np.linalg.norm(w)) / np.linalg.norm(gradient)
            assert abs(file["snapshot_kkt_residual"][row] - residual) < 1e-9, (row, residual)
        early = file["snapshot_time"][:] < escape
        assert 0.999 < file["alignment"][:][early].max() <= 1 + 1e-12
        known = ~np.isnan(file["neuron_alignment"][:])
        assert known.any(axis=1).all() and known[early][-1].sum() == 1
        # The first time at which the printed level was exceeded.
        when = float(re.search(r"below 1e-02 +from t = ([\d.]+)", out).group(1))
        first = file["snapshot_time"][:][file["alignment"][:] > 0.99][0]
        assert abs(when - first) < 1e-6 * first, (when, first)


def every_neuron_of_a_separable_network_goes_its_own_way():
    """On the circle a neuron goes to one of the two directions of the targets, and N there is 50 * 3/16 times 5 or 4."""
    succeed(CIRCLE, "-o", "ways.h5", "-q")
    out = found("ways.h5", "--starts", "10", "--no-descend")
    rows = [line.split() for line in out.splitlines() if re.match(r"1\.\d+ ", line)]
    assert len(rows) == 20, out
    with h5py.File("ways.h5") as file:
        start, end = file["weights"][0].reshape(2, 20).T, file["weights"][-1].reshape(2, 20).T
    print(f"own limits of the neurons: 1 - cosine up to {max(float(row[4]) for row in rows):.1e} at the escape")
    for row, at_end in zip(rows, end):
        assert float(row[3]) == (46.875 if at_end[0] > 0 else 37.5), (row, at_end)
        assert float(row[4]) < 0.02, row
    assert len({row[3] for row in rows}) == 2 and abs(start).max() < 1e-3


def a_point_that_only_the_run_has_found_is_appended():
    for seed in map(str, range(100)):
        table = listed(found(MAIN, "--starts", "1", "--seed", seed, "--no-descend"))
        if table[0][2] < "0.8":
            break
    out = found("run.h5", "--starts", "1", "--seed", seed, "--no-descend", "-o", "appended.h5")
    assert "KKT point 2: maximum" in out and "not found by the search" in out, out
    with h5py.File("appended.h5") as file:
        assert file["kkt"].attrs["run_point"] == 1 and len(file["kkt/value"]) == 2
        assert file["kkt/value"][1] > file["kkt/value"][0] and file["kkt/residual"][1] < 1e-12
        assert file["kkt/starts"][1] == 0 and np.isnan(file["kkt/basin_share"][1]) and file["kkt/passes"][1] == 1


def other_programs_read_the_files():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for path, engine in itertools.product(["circle.h5", "with.h5"], ["h5netcdf", "netcdf4"]):
            with xarray.open_dataset(path, engine=engine, group="kkt") as points:
                assert points.value.dims == ("kkt_point",) and points.direction.shape[1] in (40, 220)
    for path in ("circle.h5", "with.h5"):
        report = subprocess.run([os.path.join(BIN, "sf-report"), path], capture_output=True, text=True)
        assert report.returncode == 0 and os.path.exists(path[:-3] + ".html"), report.stderr


def listed(text):
    """Number, kind and value of every point."""
    return [line.split()[:3] for line in text.splitlines() if re.match(r" +\d+  ", line)]


def a_run_needs_no_other_file():
    os.mkdir("data")
    with open("data/d.csv", "w") as file:
        file.write("x1,x2,y1\n1,0,1\n0,1,2\n1,1,-1\n")
    with open("s.toml", "w") as file:
        file.write('[network]\nlayers = [2, 3, 1]\npower = 2\nslope = 0.5\n[data]\nfile = "data/d.csv"\n[init]\n'
                   'scale = 1e-2\n[flow]\nt_end = 100\n')
    succeed("s.toml", "-o", "own.h5", "-q")
    from_study = listed(found("s.toml", "--starts", "5"))
    os.remove("data/d.csv")
    os.remove("s.toml")
    # The run may add its own point.
    assert from_study and from_study == listed(found("own.h5", "--starts", "5"))[:len(from_study)]


def an_interrupted_search_prints_what_it_found():
    child = subprocess.Popen([os.path.join(BIN, "sf-kkt"), MAIN, "--starts", "1000000", "-o", "never.h5"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(3)
    child.send_signal(signal.SIGINT)
    out, errors = child.communicate(timeout=60)
    assert child.returncode == 130 and errors == "", (child.returncode, errors)
    assert "; interrupted" in out and re.search(r"^ +1  maximum", out, re.MULTILINE), out
    assert not os.path.exists("never.h5")


def nothing_is_overwritten():
    before = digest("circle.h5")
    one_line(kkt(CIRCLE, "-o", "circle.h5"), 2, "circle.h5", "--force")
    one_line(kkt("run.h5", "-o", "circle.h5"), 2, "circle.h5", "--force")
    one_line(kkt("run.h5", "-o", "run.h5", "--force"), 2, "run.h5", "input itself")
    assert digest("circle.h5") == before
    found(CIRCLE, "-o", "circle.h5", "--force", "--starts", "2", "-q")
    assert digest("circle.h5") != before
    # Points of a file that has some already: replaced in the copy.
    found("with.h5", "-o", "again.h5", "--starts", "2", "-q")
    with h5py.File("again.h5") as file:
        assert file["kkt"].attrs["starts"] == 2 and len(file["alignment"]) == len(file["weights"])
    assert not [name for name in os.listdir(".") if name.endswith(".part")]


def bad_input_is_named():
    one_line(kkt("missing.toml"), 4, "missing.toml")
    one_line(kkt(), 2, "source")
    one_line(kkt(CIRCLE, "--starts", "0"), 2, "--starts")
    one_line(kkt(CIRCLE, "--seed", "-1"), 2, "--seed")
    one_line(kkt(CIRCLE, "--set", "data.samples=many"), 2, "data.samples")
    one_line(kkt("run.h5", "--set", "data.samples=3"), 2, "--set", "run.h5")
    one_line(kkt(CIRCLE, "-o", "no/such/folder/k.h5"), 4, "no/such/folder")
    with open("foreign.toml", "w") as file:
        file.write("[network\n")
    one_line(kkt("foreign.toml"), 2, "foreign.toml:1")
    with h5py.File("foreign.h5", "w") as file:
        file["inputs"] = np.ones(3)
    one_line(kkt("foreign.h5"), 2, "foreign.h5", "format")
    found("run.h5", "-o", "damaged.h5", "--starts", "1", "-q")
    with h5py.File("damaged.h5", "a") as file:
        text = file["config/toml"].asstr()[()]
        file["config/toml"][()] = text.replace("20,", "21,")
    one_line(kkt("damaged.h5"), 2, "damaged.h5", "/config/toml", "231")
    with open("damaged.h5", "r+b") as file:
        file.truncate(3000)
    result = kkt("damaged.h5")
    assert result.returncode in (2, 4) and len(result.stderr.splitlines()) == 1, result.stderr


SLOPE = 0.2


def margins_of_classes(w, x, y):
    """Of 3-8-3 squared Leaky ReLUs: the margins (sample, wrong class), and their gradients by the weights."""
    first, second = w[:24].reshape(3, 8).T, w[24:].reshape(8, 3).T
    slopes = np.where(x @ first.T > 0, 1, SLOPE)
    active = slopes * (x @ first.T)
    outputs, right = active**2 @ second.T, y.argmax(axis=1)
    margins, gradients = [], []
    for i, c in enumerate(right):
        for j in range(3):
            if j == c:
                continue
            back = np.zeros((3, 8))
            back[c], back[j] = active[i] ** 2, -active[i] ** 2
            inner = (second[c] - second[j]) * 2 * active[i] * slopes[i]
            margins.append(outputs[i, c] - outputs[i, j])
            gradients.append(np.concatenate([np.outer(inner, x[i]).T.ravel(), back.T.ravel()]))
    return np.array(margins), np.array(gradients)


def both_ends_of_a_run():
    """The late end against the KKT conditions of the max-margin problem, computed here."""
    late = os.path.join(STUDIES, "late-phase.toml")
    assert flow(late, "-o", "late.h5", "-q", "--set", f"network.slope={SLOPE}").returncode == 0
    out = found("late.h5", "-o", "ends.h5", "--starts", "8", "--seed", "2")
    words = re.search(r"late:    the direction turns to .*normalised margin (\S+), of the run (\S+) at t = 1e\+100", out)
    with h5py.File("ends.h5") as file:
        group, x, y = file["max_margin"], file["problem/inputs"][:], file["problem/targets"][:]
        w, multipliers = group["weights"][0], group["multiplier"][:]
        margins, gradients = margins_of_classes(w, x, y)
        assert group["converged"][0] == 1
        assert abs(margins - group["value"][:]).max() < 1e-12 * margins.max()
        assert (group["sample"][:] == np.arange(24) // 2).all() and (group["row"][:] == np.arange(24) % 2).all()
        assert margins.min() > 1 - 1e-9 and multipliers.min() >= -1e-9 * multipliers.sum()
        assert (multipliers * (margins - 1)).max() < 1e-9 * multipliers.sum()
        assert np.linalg.norm(w - multipliers @ gradients) < 1e-9 * np.linalg.norm(w)
        assert group["support_vectors"][0] == (multipliers > 1e-9 * multipliers.sum()).sum()
        assert abs(group["normalised_margin"][0] * np.linalg.norm(w) ** 3 - 1) < 1e-9
        assert abs(float(words[1]) - group["normalised_margin"][0]) < 1e-7
        # The run's own margin is not larger, and its direction comes near.
        assert float(words[2]) <= float(words[1]) * (1 + 1e-7)
        assert abs(float(words[2]) - file["normalised_margin"][-1]) < 1e-7
        cosine = file["max_margin_alignment"][:]
        weights = file["weights"][:]
        expected = weights @ w / np.linalg.norm(w) / np.linalg.norm(weights, axis=1)
        assert abs(cosine - expected).max() < 1e-12 and 1 - cosine[-1] < 1e-6, cosine[-1]
        # From a balanced start the angle falls faster than from others, like |w|^-2 or faster.
        assert group["approached"][0] == 1 and group["exponent"][0] < -0.6 and group["angle"][0] < 1e-3
    assert subprocess.run([os.path.join(BIN, "sf-report"), "ends.h5", "-o", "ends.html"]).returncode == 0
    page = open("ends.html", encoding="utf-8").read()
    assert "1 − cosine, max-margin problem" in page or "1 \\u2212 cosine, max-margin problem" in page
    # A direction that passes a saddle of the max-margin problem is not said to turn to what Newton's method finds there.
    assert flow(late, "-o", "other.h5", "-q").returncode == 0
    assert "does not turn to it yet" in found("other.h5", "--starts", "2")
    # Before a run classifies all samples it has no late phase.
    assert flow(late, "-o", "early.h5", "-q", "--set", "flow.t_end=30.0").returncode == 0
    assert "late:" not in found("early.h5", "--starts", "2")


def main():
    for test in (help_is_complete, both_ends_of_a_run, points_of_a_study, linear_networks_have_closed_forms, a_seed_gives_one_table,
                 points_of_a_run, every_neuron_of_a_separable_network_goes_its_own_way,
                 a_point_that_only_the_run_has_found_is_appended, other_programs_read_the_files,
                 a_run_needs_no_other_file, an_interrupted_search_prints_what_it_found, nothing_is_overwritten,
                 bad_input_is_named):
        test()


in_temporary_folder(main)
