"""The hour of tools/README.md, from a CSV file to the report: its commands as one script, and whether what they leave is right."""
import os
import subprocess
import sys

import h5py
import numpy as np
from document import blocks
from tool import in_temporary_folder
from workplace import ENVIRONMENT, ROOT, make_workplace

sys.path.insert(0, os.path.join(ROOT, "test", "report"))
from browser import Browser, installed  # noqa: E402

SEEDS = range(1, 6)


def run_the_script():
    scripts = [text for _, text in blocks(os.path.join(ROOT, "tools", "README.md"), "sh")]
    assert len(scripts) == 1, len(scripts)
    result = subprocess.run(["bash", "-euo", "pipefail", "-c", scripts[0]], env=ENVIRONMENT, capture_output=True, text=True)
    assert result.returncode == 0, (result.returncode, result.stderr, result.stdout[-2000:])
    return result.stdout


def outputs(weights, x):
    """Of the squared ReLUs, one point a row."""
    hidden, outer = weights
    return np.maximum(x @ hidden.T, 0) ** 2 @ outer.T


def matrices(file, row):
    flat = file["weights"][row]
    return flat[:20].reshape(2, 10).T, flat[20:].reshape(10, 1).T


def runs_learn_their_data():
    rows = np.loadtxt("mine.csv", delimiter=",", skiprows=1)
    ends = []
    for seed in SEEDS:
        with h5py.File(f"output/mine-{seed}.h5") as run:
            train = np.column_stack([run["problem/inputs"], run["problem/targets"]])
            test = np.column_stack([run["problem/test_inputs"], run["problem/test_targets"]])
            assert len(train) == 45 and len(test) == 15
            assert np.array_equal(np.unique(np.vstack([train, test]), axis=0), np.unique(rows, axis=0))
            for samples, column in ((train, "loss"), (test, "test_loss")):
                error = outputs(matrices(run, -1), samples[:, :2]) - samples[:, 2:]
                loss = 0.5 * np.sum(error**2) / (1 if column == "loss" else len(samples))
                assert abs(run[column][-1] - loss) <= 1e-12 * abs(loss), (seed, column, run[column][-1], loss)
            ends.append(run["loss"][-1])
            assert run["loss"][0] > 100 * ends[-1]
    assert np.ptp(ends) < 1e-8 * ends[0], ends  # a saddle with zero neurons: all rest there, none at once


def saddles_are_critical():
    """The gradient at the point with index 2, from its weights and the data alone."""
    with h5py.File("output/mine-saddles.h5") as file:
        x, y = file["problem/inputs"][:], file["problem/targets"][:]
        hidden, outer = matrices({"weights": file["catalogue/point"]}, 1)
        z = np.maximum(x @ hidden.T, 0)
        error = z**2 @ outer.T - y
        gradients = (2 * (error @ outer * z).T @ x, error.T @ z**2)
        assert all(np.abs(g).max() < 1e-12 * np.abs(y).sum() for g in gradients), gradients
        point = file["catalogue/point"][1]
    with h5py.File("output/beside.h5") as run:
        distance = np.linalg.norm(run["weights"][0] - point)
        assert abs(distance / 1e-3 - 1) < 1e-9, distance
        assert run["loss"][-1] < 0.1 * run["loss"][0]


def function_is_that_of_the_weights():
    points = np.loadtxt("grid.csv", delimiter=",", skiprows=1)
    with h5py.File("output/grid.nc") as grid:
        assert np.array_equal(grid["inputs"], points) and len(points) == 441
        for row in range(3):
            expected = outputs((grid["weights_1"][row], grid["weights_2"][row]), points)
            assert np.abs(grid["point_outputs"][row] - expected).max() <= 1e-14, row
        assert grid["loss"][0] > 10 * grid["loss"][2]
    assert os.path.getsize("output/grid.png") > 10_000


def pages_open():
    if installed() is None:
        print("pages not opened: chromium is not installed")
        return
    with Browser() as browser:
        for page in ("mine", "mine-saddles"):
            browser.open("file://" + os.path.abspath(f"output/{page}.html"), "ready")
            assert browser.evaluate("document.body.dataset.errors") == "0", page
            assert "my data" in browser.evaluate("document.body.textContent")


def main():
    make_workplace()
    run_the_script()
    assert len(os.listdir("output/mine-1")) > 5 and all(name.endswith(".csv") for name in os.listdir("output/mine-1"))
    for check in (runs_learn_their_data, saddles_are_critical, function_is_that_of_the_weights, pages_open):
        check()


in_temporary_folder(main)
