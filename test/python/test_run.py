"""Runs from Python: the same as from the tools, and what is read of them against NumPy."""

import os
import signal
import threading
import time

import numpy as np
import pytest
import xarray as xr
from conftest import STUDY

import saddleflow as sf


def network(run, t):
    return run.W(1, t), run.W(2, t)


def outputs(matrices, x):
    hidden, outer = matrices
    return np.maximum(x @ hidden.T, 0) ** 2 @ outer.T


def test_tables_are_xarray(run):
    assert run.time.dims == ("time",) and run.loss.dims == ("time",)
    assert isinstance(run.events, xr.Dataset) and "event_time" in run.events
    assert run.stop_reason == "reached_end"
    frame = run.to_frame()
    assert frame.index.name == "time" and np.array_equal(frame["loss"], run.loss)
    assert "loss" in run.table.attrs.get("title", "loss") or run.table.attrs["title"] == STUDY["title"]


def test_tree(run):
    if not hasattr(xr, "DataTree"):
        with pytest.raises(sf.InputError, match="2024.10"):
            run.tree
        return
    tree = run.tree
    assert {"events", "saddles", "problem", "run"} <= set(tree.children)
    assert np.array_equal(tree["events/event_time"], run.events["event_time"])
    assert tree["events/kind_name"].values.tolist() == run.events["kind_name"].values.tolist()
    assert np.array_equal(tree["loss"], run.loss) and tree["run"].attrs["stop_reason"] == run.stop_reason


@pytest.mark.parametrize("where", [0.0, 0.4, 1.0])
def test_network_at_a_time(run, data, where):
    x, y = data
    t = where * 300.0
    hidden, outer = network(run, t)
    assert hidden.shape == (6, 2) and outer.shape == (1, 6)
    points = np.random.default_rng(1).normal(size=(11, 2))
    assert np.allclose(run.predict(points, t), outputs((hidden, outer), points), rtol=1e-13, atol=1e-14)
    z = np.maximum(x @ hidden.T, 0)
    error = z**2 @ outer.T - y[:, None]
    by_hand = np.concatenate([(2 * (error @ outer * z).T @ x).ravel(order="F"), (error.T @ z**2).ravel(order="F")])
    gradient = run.gradient(t)
    assert np.linalg.norm(gradient - by_hand) <= 1e-12 * (np.linalg.norm(by_hand) + np.linalg.norm(y))
    assert abs(run.problem.value(run.weights(t)) - 0.5 * np.sum(error**2)) <= 1e-12 * np.sum(y**2)
    norms = run.neurons(t)[0]
    assert np.allclose(norms, np.sqrt((hidden**2).sum(1) + (outer**2).sum(0)), rtol=1e-13)


def test_hessian_is_the_derivative_of_the_gradient(run):
    w = run.weights(120.0)
    h = run.hessian(120.0)
    operator = run.hessian_operator(120.0)
    v = np.random.default_rng(2).normal(size=len(w))
    step = 1e-5
    differences = (run.problem.gradient(w + step * v) - run.problem.gradient(w - step * v)) / (2 * step)
    assert np.linalg.norm(h @ v - differences) < 1e-5 * np.linalg.norm(h @ v)
    assert np.allclose(operator @ v, h @ v, rtol=1e-11, atol=1e-11 * np.linalg.norm(h))
    assert np.allclose(run.eigenvalues(120.0), np.linalg.eigvalsh(h))
    assert len(run.eigenvalues(120.0, 3)) == 6


def test_same_run_as_the_tool(run, data, tmp_path):
    import json
    import subprocess

    tool = os.path.join(os.environ["SADDLEFLOW_BIN"], "sf-flow")
    np.savez(tmp_path / "data.npz", inputs=data[0], targets=data[1])
    study = "\n".join(f"[{name}]\n" + "\n".join(f"{k} = {json.dumps(v)}" for k, v in section.items())
                      for name, section in STUDY.items() if isinstance(section, dict))
    (tmp_path / "study.toml").write_text(study + '\n[data]\nfile = "data.npz"\n')
    subprocess.run([tool, "study.toml", "-o", "run.h5", "-q"], cwd=tmp_path, check=True)
    other = sf.open(tmp_path / "run.h5")
    assert np.array_equal(other.loss, run.loss) and np.array_equal(other.table["weights"], run.table["weights"])


def test_from_a_study_file_with_overrides(tmp_path):
    (tmp_path / "s.toml").write_text("[network]\nlayers = [3, 4, 1]\n[flow]\nt_end = 1.0\n")
    run = sf.run(tmp_path / "s.toml", file=tmp_path / "s.h5", progress=False, flow_t_end=2.0, **{"init.scale": 0.5})
    assert float(run.time[-1]) == 2.0 and abs(np.linalg.norm(run.weights(0.0)) - 0.5) < 1e-15
    with pytest.raises(sf.InputError, match="s.h5"):
        sf.run(tmp_path / "s.toml", file=tmp_path / "s.h5", progress=False)
    longer = sf.run(tmp_path / "s.toml", file=tmp_path / "s.h5", progress=False, resume=True, flow_t_end=3.0, **{"init.scale": 0.5})
    assert float(longer.time[-1]) == 3.0


def test_errors_name_what_is_wrong(data, tmp_path):
    with pytest.raises(sf.InputError, match="flow_tend.*flow_t_end"):
        sf.run(STUDY, *data, flow_tend=1.0)
    with pytest.raises(sf.InputError, match="network.layers"):
        sf.run({**STUDY, "network": {"layers": [5, 2, 1]}}, *data, progress=False)
    with pytest.raises(sf.InputError, match="one of X and y"):
        sf.run(STUDY, data[0])
    with pytest.raises(FileNotFoundError):
        sf.run(tmp_path / "none.toml")
    with pytest.raises(sf.InputError):
        sf.open(tmp_path / "none.h5")
    with pytest.raises(sf.InputError, match="complex"):
        sf.run({**STUDY, "init": {"scale": 1j}}, *data)


def test_a_failed_run_is_an_exception_that_holds_it(data):
    with pytest.raises(sf.NumericalError, match="balance_drift") as caught:
        sf.run({**STUDY, "verify": {"balance": 1e-16}}, *data, progress=False)
    assert caught.value.run.stop_reason == "balance_drift"


def test_times_that_a_run_does_not_cover(run):
    with pytest.raises(sf.InputError, match="301"):
        run.weights(301.0)
    with pytest.raises(sf.InputError, match="layer 3"):
        run.W(3, 0.0)


# Minutes: thousands of kinks, generated data.
LONG = {"network": {"layers": [20, 100, 1], "slope": 0.1, "power": 1}, "data": {"inputs": "gaussian", "samples": 400},
        "init": {"scale": 0.1}, "flow": {"t_end": 1e4, "rtol": 1e-10}}


def test_progress_may_stop_a_run(tmp_path):
    seen = []

    def progress(*values):
        seen.append(values)
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        sf.run(LONG, file=tmp_path / "long.h5", progress=progress)
    assert len(seen) == 1 and len(seen[0]) == 6
    assert sf.open(tmp_path / "long.h5").stop_reason == "interrupted"


def test_control_c_leaves_a_whole_file(tmp_path):
    threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        sf.run(LONG, file=tmp_path / "long.h5", progress=False)
    assert time.monotonic() - start < 10
    assert sf.open(tmp_path / "long.h5").stop_reason == "interrupted"


def test_other_threads_go_on(tmp_path):
    """The GIL is free while the flow is integrated."""
    ticks = []
    stop = threading.Event()

    def stop_run(*_):
        raise RuntimeError("stop")

    def tick():
        while not stop.wait(0.01):
            ticks.append(time.monotonic())

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        with pytest.raises(RuntimeError):
            sf.run(LONG, file=tmp_path / "long.h5", progress=stop_run)
    finally:
        stop.set()
        thread.join()
    assert len(ticks) > 5
