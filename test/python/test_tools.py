"""The tools as functions."""

import numpy as np
import pytest
from conftest import STUDY

import saddleflow as sf


def test_kkt_points_of_a_run(run):
    found = sf.kkt(run, starts=16)
    kkt = found.group("kkt")
    assert float(kkt["value"][0]) > 0
    x, y = np.asarray(run.group("problem")["inputs"]), np.asarray(run.group("problem")["targets"])
    # N(u) of the best single neuron, from a fine grid of directions: |a| |w|^2 is largest at |w|^2 = 2/3.
    angles = np.linspace(0, 2 * np.pi, 20001)
    w = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    best = np.abs(np.maximum(x @ w.T, 0).T ** 2 @ y[:, 0]).max() * np.sqrt(1 / 3) * (2 / 3)
    assert abs(float(kkt["value"][0]) - best) < 1e-6 * best


def test_limit_path_ends_at_the_first_saddle(run):
    path = sf.limit(run, starts=16)
    visited = sf.saddles(run)
    losses = visited.catalogue["loss"].values
    assert np.min(np.abs(losses - float(path.loss[-1]))) < 1e-9
    assert np.linalg.norm(path.problem.gradient(path.weights(float(path.time[-1])))) < 1e-6


def test_saddles_of_several_runs(run, data):
    other = sf.run(STUDY, *data, progress=False, init_seed=5)
    both = sf.saddles([run, other])
    assert len(both.catalogue["loss"]) >= 2 and len(both.saddles["loss"]) >= 2
    with pytest.raises(sf.InputError):
        sf.saddles([run, sf.run(STUDY, data[0], 2 * data[1], progress=False)])


def test_pursuit(data, tmp_path):
    np.savez(tmp_path / "d.npz", inputs=data[0], targets=data[1])
    (tmp_path / "p.toml").write_text('[network]\nlayers = [2, 6, 1]\nslope = 0.0\npower = 2\n[data]\nfile = "d.npz"\n')
    told = []
    grown = sf.pursuit(tmp_path / "p.toml", progress=lambda number, loss: told.append(loss))
    assert len(told) == len(grown.rounds["round"]) >= 2 and told[-1] < 1e-10


def test_evaluate(run):
    points = np.array([[0.5, 1.0], [-1.0, 0.25]])
    at = sf.evaluate(run, [0.0, 50.0, 300.0], inputs=points, spectrum="none")
    assert at["loss"].dims == ("time",)
    for k, t in enumerate((0.0, 50.0, 300.0)):
        assert np.allclose(at["point_outputs"][k], run.predict(points, t), rtol=1e-9)
    with pytest.raises(sf.InputError, match="spectrum"):
        sf.evaluate(run, [0.0], spectrum="some")


def test_plots(run, tmp_path):
    import matplotlib

    matplotlib.use("Agg")
    figure = run.plot.report()
    figure.savefig(tmp_path / "report.png")
    assert (tmp_path / "report.png").stat().st_size > 20_000
    axes = run.plot.loss()
    assert np.array_equal(axes.lines[0].get_ydata(), run.loss)
    assert run.plot.neurons() is not None and run.plot.spectrum(50.0) is not None


def test_problem_of_a_study_file(tmp_path):
    (tmp_path / "s.toml").write_text("[network]\nlayers = [3, 4, 1]\n[data]\nsamples = 9\n")
    problem = sf.Problem(str(tmp_path / "s.toml"), ["data.seed=4"])
    assert problem.size == 16 and problem.shapes == [(4, 3), (1, 4)]
    with pytest.raises(sf.InputError):
        problem.value(np.zeros(3))


def test_skeleton():
    study = {"network": {"layers": [3, 6, 1], "slope": 0.0, "power": 2}, "init": {"seed": 2},
             "data": {"inputs": "sphere", "samples": 30, "targets": "teacher", "teacher": {"hidden": [1]}}}
    limit = sf.skeleton(study, flows=[1e-3])
    jumps, stops = limit.group("skeleton"), limit.group("stops")
    assert len(jumps["time"]) >= 1 and float(jumps["loss"][-1]) < 1e-20
    assert abs(float(stops["time"][0]) / float(jumps["time"][0]) - 1) < 0.02
    with pytest.raises(sf.InputError, match="not known"):
        sf.skeleton({**study, "network": {"layers": [3, 4, 4, 1], "slope": 0.1, "power": 1}})
