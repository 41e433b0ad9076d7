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


def test_start_beside_a_saddle(run, tmp_path):
    """As sf-flow --from: at the distance asked for, along the way down, on either side; the same as an array of that way."""
    points = sf.saddles(run, file=tmp_path / "points.h5")
    ways = points.group("escapes")
    row = int(np.nonzero(points.catalogue["kind_name"].values == "saddle")[0][0])
    saddle = points.catalogue["point"].values[row]
    first = ways["direction"].values[ways["critical_point"].values == row][0]
    along = sf.run(from_saddle=(points, row + 1), along=1, perturb=1e-2, progress=False, flow_t_end=50.0)
    step = along.weights(0.0) - saddle
    assert abs(np.linalg.norm(step) - 1e-2) < 1e-12
    by_array = sf.run(from_saddle=(tmp_path / "points.h5", row + 1), along=step, perturb=1e-2, progress=False, flow_t_end=50.0)
    assert np.allclose(by_array.weights(0.0), along.weights(0.0), rtol=1e-9)
    assert np.allclose(step, 1e-2 * first / np.linalg.norm(first), atol=1e-12)
    random = sf.run(from_saddle=(points, row + 1), perturb=1e-2, progress=False, flow_t_end=50.0)
    assert abs(np.linalg.norm(random.weights(0.0) - saddle) - 1e-2) < 1e-12
    assert int(along.summary["start_point"]) == row + 1
    for keys, message in (({"perturb": None}, "perturb: found None"), ({"from_saddle": points, "perturb": 1e-2}, r"\(points, number\)"),
                          ({"from_saddle": (points, 99)}, "critical point 99"), ({"along": 99}, "way down 99"), ({"study": STUDY}, "beside a study")):
        with pytest.raises(sf.InputError, match=message):
            sf.run(**{"from_saddle": (points, row + 1), "perturb": 1e-2, "progress": False, **keys})
    with pytest.raises(sf.InputError, match="found none"):
        sf.run()
    with pytest.raises(sf.InputError, match="without from_saddle"):
        sf.run(STUDY, perturb=1.0)


def test_pages_and_tables(run, data, tmp_path):
    other = sf.run(STUDY, *data, progress=False, init_seed=5)
    for sources, name in ((run, "one.html"), ([run, other], "two.html")):
        page = sf.report(sources, tmp_path / name)
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert page == str(tmp_path / name) and STUDY["title"] in text and text.rstrip().endswith("</html>")
        with pytest.raises(sf.InputError, match=name):
            sf.report(sources, tmp_path / name)
    paths = run.to_csv(tmp_path / "tables")
    assert str(tmp_path / "tables" / "time.csv") in paths
    header, *rows = (tmp_path / "tables" / "time.csv").read_text().splitlines()
    assert len(rows) == len(run.time) and float(rows[-1].split(",")[header.split(",").index("loss")]) == float(run.loss[-1])
    with pytest.raises(sf.InputError):
        run.to_csv(tmp_path / "tables")
    with pytest.raises(sf.InputError, match="no run"):
        sf.report([], tmp_path / "none.html")
    with pytest.raises(sf.InputError, match="problem"):
        sf.report([run, sf.run(STUDY, data[0], 2 * data[1], progress=False)], tmp_path / "several.html")
