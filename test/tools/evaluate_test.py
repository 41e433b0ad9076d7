"""sf-evaluate: weights between snapshots against runs that stop there, also in a slide, in the polar chart, in deep networks;
outputs, losses and spectra against NumPy; CSV and xarray; refusals."""
import csv
import os
import subprocess

import h5py
import numpy as np
import xarray as xr

from tool import BIN, MAIN, STUDIES, in_temporary_folder, one_line, succeed

BIASED = """
[network]
layers = [3, 6, 2]
slope = 0.2
power = 1
bias = "first"
[data]
inputs = "gaussian"
samples = 30
targets = "teacher"
[loss]
reduction = "mean"
[init]
scale = 0.01
[flow]
t_end = 40
rtol = 1e-8
[output]
weights = "events"
"""


def evaluate(*arguments):
    return subprocess.run([os.path.join(BIN, "sf-evaluate"), *arguments], capture_output=True, text=True)


def evaluated(*arguments):
    result = evaluate(*arguments)
    assert result.returncode == 0, (arguments, result.returncode, result.stderr)
    return result.stdout


def flat(file, k):
    """The weight vector of time k: layer after layer, column by column."""
    layers = sorted(name for name in file if name.startswith("weights_") and name != "weights_error")
    return np.concatenate([file[name][k].T.ravel() for name in layers])


def as_a_run_that_stops_there():
    """Within 10 rtol of a run that ends at that time (at a tenth of the tolerance)."""
    studies = {"saddle-to-saddle": (100, 2700, 2765, 2900, 3080, 8000), "linear-exact": (0.5, 4, 9), "deep": (1, 3, 7.3, 17),
               "leaky-relu": (5, 17, 22.5, 60), "logistic": (100, 179, 600)}
    for name, times in studies.items():
        study = os.path.join(STUDIES, name + ".toml")
        succeed(study, "-o", "run.h5", "--force", "-q", "--set", 'output.weights="events"')
        evaluated("run.h5", "--times", ",".join(map(str, times)), "--spectrum", "none", "-o", "at.h5", "--force", "-q")
        with h5py.File("run.h5") as run:
            rtol = 1e-8
            assert len(run["snapshot_time"]) < 20
        worst = 0
        with h5py.File("at.h5") as at:
            assert list(at["time"][:]) == list(times)
            for k, t in enumerate(times):
                succeed(study, "-o", "stop.h5", "--force", "-q", "--set", f"flow.t_end={t}", "--set", f"flow.rtol={rtol / 10}")
                with h5py.File("stop.h5") as stop:
                    w = stop["weights"][-1]
                off = np.linalg.norm(flat(at, k) - w) / np.linalg.norm(w)
                worst = max(worst, off / rtol)
                assert off < 10 * rtol, (name, t, off)  # the run's own error up to its last snapshot is in it, too
        print(f"{name}: largest distance from runs at a tenth of the tolerance {worst:.2g} rtol, error told up to "
              f"{max(h5py.File('at.h5')['weights_error'][:]) / rtol:.2g} rtol")


def between_the_snapshots_of_one_run():
    """From a run's own last snapshot to a time at which the same run has stored weights, too."""
    for name in ("saddle-to-saddle", "leaky-relu", "deep"):
        study = os.path.join(STUDIES, name + ".toml")
        succeed(study, "-o", "all.h5", "--force", "-q", "--set", 'output.weights="all"')
        succeed(study, "-o", "few.h5", "--force", "-q", "--set", "output.weights={every=40}")
        with h5py.File("all.h5") as run:
            rows = np.unique(np.linspace(5, run["time"].shape[0] - 2, 25).astype(int))
            times, weights = run["snapshot_time"][:], run["weights"]
            steps = run["time"][:][rows]
            evaluated("few.h5", "--times", ",".join(f"{t!r}" for t in steps.tolist()), "--spectrum", "none", "-o", "between.h5",
                      "--force", "-q")
            with h5py.File("between.h5") as at:
                off = [np.linalg.norm(flat(at, k) - weights[np.searchsorted(times, t)]) / np.linalg.norm(flat(at, k))
                       for k, t in enumerate(at["time"][:])]
        print(f"{name}: {len(off)} times between snapshots, off by up to {max(off) / 1e-8:.2g} rtol")
        assert max(off) < 10e-8, (name, max(off))


def relu(x, slope):
    return np.where(x > 0, x, slope * x)


def numbers_against_numpy():
    with open("biased.toml", "w") as out:
        out.write(BIASED)
    succeed("biased.toml", "-o", "biased.h5", "-q", "--set", "data.test_samples=50")
    points = np.random.default_rng(1).normal(size=(7, 3))
    with open("points.csv", "w") as out:
        out.write("x1,x2,x3\n" + "\n".join(",".join(f"{x:.17g}" for x in row) for row in points) + "\n")
    evaluated("biased.h5", "--times", "0:40:9", "--inputs", "points.csv", "--spectrum", "whole", "-o", "numbers.nc")
    for engine in ("h5netcdf", "netcdf4"):
        data = xr.open_dataset("numbers.nc", engine=engine, decode_timedelta=False).load()
        assert data.weights_1.dims == ("time", "row_1", "column_1") and data.point_outputs.dims == ("time", "point", "output")
    with h5py.File("biased.h5") as run:
        x, y = run["problem/inputs"][:], run["problem/targets"][:]
        tx, ty = run["problem/test_inputs"][:], run["problem/test_targets"][:]
    worst = 0
    for k in range(9):
        w, v = data.weights_1.values[k], data.weights_2.values[k]
        h = relu(x @ w.T, 0.2) @ v.T
        th = relu(tx @ w.T, 0.2) @ v.T
        value = relu(np.column_stack([points, np.ones(7)]) @ w.T, 0.2) @ v.T
        loss, test = 0.5 * np.mean(np.sum((h - y) ** 2, axis=1)), 0.5 * np.mean(np.sum((th - ty) ** 2, axis=1))
        e = (h - y) / len(x)
        gw = ((e @ v) * np.where(x @ w.T > 0, 1, 0.2)).T @ x
        gv = e.T @ relu(x @ w.T, 0.2)
        pairs = ((data.outputs.values[k], h), (data.test_outputs.values[k], th), (data.point_outputs.values[k], value),
                 (data.loss.values[k], loss), (data.test_loss.values[k], test),
                 (data.gradient_norm.values[k], np.sqrt(np.sum(gw ** 2) + np.sum(gv ** 2))))
        worst = max(worst, *(np.max(np.abs(a - b)) / max(1, np.max(np.abs(b))) for a, b in pairs))
        if k in (2, 8):  # the Hessian by differences of the gradient
            assert data.eigenvalues.shape[1] == w.size + v.size
            trace = sum(data.eigenvalues.values[k])
            exact = np.sum(np.mean((np.where(x @ w.T > 0, 1, 0.2) ** 2)[:, None, :] * (v ** 2)[None, :, :] *
                                   np.sum(x ** 2, axis=1)[:, None, None], axis=0)) + v.shape[0] * np.mean(np.sum(relu(x @ w.T, 0.2) ** 2, axis=1))
            assert abs(trace / exact - 1) < 1e-12, (trace, exact)
    print(f"outputs, losses, gradient norms against NumPy: {worst:.1e}")
    assert worst < 1e-12
    evaluated("biased.h5", "--times", "10,20", "--inputs", "points.csv", "-o", "values.csv", "-q")
    rows = list(csv.DictReader(open("values.csv")))
    assert len(rows) == 14 and list(rows[0]) == ["time", "x1", "x2", "x3", "h1", "h2"]
    assert abs(float(rows[0]["h1"]) - data.point_outputs.values[2][0, 0]) < 1e-9 * abs(float(rows[0]["h1"]))
    evaluated("biased.h5", "--times", "10,20", "-o", "numbers.csv", "-q")
    rows = list(csv.DictReader(open("numbers.csv")))
    assert len(rows) == 2 and float(rows[0]["time"]) == 10 and float(rows[1]["lambda_max"]) > 0


def what_is_asked_for():
    out = evaluated(os.path.abspath("biased.h5"))
    with h5py.File("biased.h5") as run:
        assert len(re_rows(out)) == len(set(run["events/event_time"][:]))
    assert [float(row[0]) for row in re_rows(evaluated("biased.h5", "--times", "log:1:16:5,3"))] == [1, 2, 3, 4, 8, 16]
    for times, word in (("1,x", '"x"'), ("0:1", '"0:1"'), ("0:10:1", '"0:10:1"'), ("log:0:1:3", '"log:0:1:3"'), ("1,,2", '""'), ("5:1:3", '"5:1:3"')):
        one_line(evaluate("biased.h5", "--times", times), 2, "--times", word)
    one_line(evaluate("biased.h5", "--times", "41"), 2, "biased.h5", "41", "expected 0 to 40")
    one_line(evaluate("biased.h5", "--times=-1"), 2, "-1", "expected 0 to 40")
    one_line(evaluate("biased.h5", "--spectrum", "some"), 2, "--spectrum", "some")
    one_line(evaluate("biased.toml"), 2, "is a study")
    one_line(evaluate("biased.h5", "-o", "numbers.nc"), 2, "numbers.nc", "exists")
    one_line(evaluate("biased.h5", "--inputs", "none.csv"), 4, "none.csv")
    with open("data.csv", "w") as out:
        out.write("x1,x2,x3,y\n1,2,3,9\n0.5,0,-1,9\n")
    with open("inputs.csv", "w") as out:
        out.write("1,2,3\n0.5,0,-1\n")
    for name in ("data", "inputs"):
        assert evaluate("biased.h5", "--times", "40", "--inputs", name + ".csv", "-o", name + "-values.csv").returncode == 0
    assert open("data-values.csv").read() == open("inputs-values.csv").read()
    for text, words in (("1,2\n", ("points of 2 numbers", "expected 3")), ("1,2,3\n1,2\n", ("line 2", "2 cells")),
                        ("1,2,nan\n", ("line 1, cell 3", "nan")), ("1,2,x\n", ("cell 3", '"x"')), ("\n", ("holds no inputs",)), ("x1,x2,x3,y2\n", ('"x1"',)),
                        ("x1,x2,x3\n1,2,3,4\n", ("line 2", "4 cells"))):
        with open("bad.csv", "w") as out:
            out.write(text)
        one_line(evaluate("biased.h5", "--inputs", "bad.csv"), 2, *words)


def re_rows(out):
    """Rows of the printed table."""
    lines = out.splitlines()
    start = next(i for i, line in enumerate(lines) if line.split()[:1] == ["time"])
    return [line.split() for line in lines[start + 1:] if line.strip() and not line.startswith("file:")]


def test():
    between_the_snapshots_of_one_run()
    as_a_run_that_stops_there()
    numbers_against_numpy()
    what_is_asked_for()


in_temporary_folder(test)
