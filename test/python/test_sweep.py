"""Collected sweeps in Python, against statistics that are taken of the arrays themselves."""

import re
import shutil
import sys
import time
from pathlib import Path

import h5py
import matplotlib
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import saddleflow as sf

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
import sweep_file  # noqa: E402

matplotlib.use("Agg")
LAYERS = ["[2, 4, 1]", "[2, 8, 1]", "[2, 16, 1]"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("sweep")


@pytest.fixture(scope="module")
def written(folder):
    return sweep_file.example(folder / "collected.h5")


@pytest.fixture(scope="module")
def sweep(folder, written):
    return sf.open(folder / "collected.h5")


def columns(written):
    return {name: np.array(values) for name, (_, _, values) in written["columns"].items()}


def test_what_the_file_holds(sweep, written):
    assert isinstance(sweep, sf.Sweep) and isinstance(sweep.table, xr.Dataset) and len(sweep) == 60
    assert sweep.axes == ["init_scale", "network_layers", "init_seed"] and sweep.seeds == ["init_seed"] and sweep.computed == ["flow_t_end"]
    assert sweep.states == {"missing": 1, "running": 1, "unfinished": 1, "finished": 56, "failed": 1}
    assert list(sweep.table["state_name"].values) == [sweep_file.STATES[state] for state in written["states"]]
    assert set(sweep.scalars) == set(written["scalars"])
    for name, values in written["scalars"].items():
        np.testing.assert_array_equal(sweep.values(name), values)
    assert sweep.table["visit_loss"].dims == ("run", "visit")
    np.testing.assert_array_equal(sweep.values("visit_loss.2"), [row[1] if len(row) > 1 else np.nan for row in written["visits"]["visit_loss"]])
    np.testing.assert_array_equal(sweep.values("final_effective_width.1"), written["lists"]["final_effective_width"][1][:, 0])
    assert "60 runs" in repr(sweep) and "1 failed" in repr(sweep) and "init_scale" in repr(sweep)


def test_one_row_a_run(sweep, written):
    frame = sweep.to_frame()
    assert isinstance(frame, pd.DataFrame) and frame.index.name == "run" and list(frame.index) == list(range(1, 61))
    assert list(frame["name"]) == written["names"] and list(frame["network_layers"]) == list(columns(written)["network_layers"])
    assert frame.loc[7, "state"] == "missing" and np.isnan(frame.loc[7, "escape_time"])
    assert {"flow_t_end", "final_loss", "gradients", "message"} <= set(frame.columns) and "visit_loss" not in frame


def test_states_and_selection(sweep, written):
    assert list(sweep.failed.table["message"].values) == ["step size underflow at t = 12 <b>&"] and list(sweep.failed.table["run"].values) == [23]
    assert len(sweep.finished) == 56 and sweep.finished.states["failed"] == 0
    some = sweep.select(init_scale=1e-3, network_layers="[2, 8, 1]", init_seed=[1, 3])
    assert list(some.table["run"].values) == [21, 23] and some.axes == sweep.axes
    assert len(sweep.select(network_layers=[2, 8, 1])) == 20 and len(sweep.select(network_layers=[[2, 8, 1], [2, 4, 1]])) == 40
    assert len(sweep.select(init_scale=1e-3 * (1 + 1e-13), flow_t_end=3e4)) == 15
    assert len(sweep.select(**{"init.scale": 0.1})) == 15
    with pytest.raises(sf.InputError, match="init_scale.*0.5.*0.0001"):
        sweep.select(init_scale=0.5)
    with pytest.raises(sf.InputError, match="width.*init_scale, network_layers"):
        sweep.select(width=3)


def test_medians_over_the_seeds(sweep, written):
    found, by = sweep.median("escape_time", over="init_seed"), columns(written)
    assert list(found.columns) == ["median", "low", "high", "lower", "upper", "count"] and found.index.names == ["init_scale", "network_layers"]
    assert found.equals(sweep.median("escape_time")) and len(found) == 12
    finished = written["states"] == sweep_file.FINISHED
    for (scale, layers), row in found.iterrows():
        values = written["scalars"]["escape_time"][finished & (by["init_scale"] == scale) & (by["network_layers"] == layers)]
        expected = [np.median(values), values.min(), values.max(), *np.quantile(values, [0.25, 0.75]), len(values)]
        np.testing.assert_allclose(row.to_numpy(dtype=float), expected, rtol=1e-14)
    assert found["count"].sum() == 56
    wide = sweep.median("gradients", over=["init_seed", "network_layers"], finished=False)
    assert wide.index.name == "init_scale" and list(wide["count"]) == [14, 15, 15, 15]
    alone = sweep.select(init_scale=1e-3, network_layers="[2, 4, 1]").median("final_loss")
    assert len(alone) == 1 and alone["count"].iloc[0] == 5
    with pytest.raises(sf.InputError, match="escape_tim.*expected.*escape_time"):
        sweep.median("escape_tim")
    with pytest.raises(sf.InputError, match="jump_time.9.*1 to 3"):
        sweep.median("jump_time.9")


def test_exponents_are_those_of_numpy(sweep, written):
    found, by = sweep.exponents("jump_time.1", "init_scale", by="network_layers"), columns(written)
    finished, first = written["states"] == sweep_file.FINISHED, np.array([row[0] if len(row) else np.nan for row in written["jumps"]])
    assert list(found.index) == LAYERS
    for layers, row in found.iterrows():
        scales = np.unique(by["init_scale"])
        medians = [np.median(first[finished & (by["init_scale"] == s) & (by["network_layers"] == layers)]) for s in scales]
        (slope, offset), covariance = np.polyfit(np.log(scales), np.log(medians), 1, cov=True)
        np.testing.assert_allclose(row[["exponent", "factor", "error"]].to_numpy(dtype=float), [slope, np.exp(offset), np.sqrt(covariance[0, 0])], rtol=1e-8)
    # The law of the example: escape at 3 / scale^1.05, but for seeds.
    assert np.all(np.abs(found["exponent"] + 1.05) < 0.05)
    with pytest.raises(sf.InputError, match="network_layers.*texts"):
        sweep.exponents("escape_time", "network_layers")


def test_power_law_of_a_power_law():
    from saddleflow.sweep import power_law

    x = np.array([1.0, 2.0, 7.0])
    np.testing.assert_allclose(power_law(x, 5 * x**-1.5), (-1.5, 5, 0), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(power_law([*x, 9.0, 10.0], [*(5 * x**-1.5), np.nan, 0.0]), (-1.5, 5, 0), rtol=1e-13, atol=1e-13)
    assert np.isnan(power_law([1.0, 2.0], [1.0, 4.0])[2]) and abs(power_law([1.0, 2.0], [1.0, 4.0])[0] - 2) < 1e-13
    assert np.isnan(power_law([2.0, 2.0], [1.0, 3.0])).all() and np.isnan(power_law([], [])).all()


def test_curves(sweep, written):
    found, by, finished = sweep.curves(), columns(written), written["states"] == sweep_file.FINISHED
    assert found["median"].dims == ("init_scale", "curve_time")
    for scale in np.unique(by["init_scale"]):
        rows = written["curves"]["loss_curve"][finished & (by["init_scale"] == scale)]
        for k in (0, 80, 120, 159):
            known = rows[np.isfinite(rows[:, k]), k]
            part = found.sel(init_scale=scale).isel(curve_time=k)
            assert int(part["count"]) == len(known)
            expected = [np.median(known), known.min(), known.max(), *np.quantile(known, [0.25, 0.75])] if len(known) else [np.nan] * 5
            np.testing.assert_allclose([float(part[name]) for name in ("median", "low", "high", "lower", "upper")], expected, rtol=1e-14)
    assert list(sweep.curves("network_layers", "weight_norm_curve")["network_layers"].values) == LAYERS
    assert sweep.curves("")["median"].dims == ("group", "curve_time")
    with pytest.raises(sf.InputError, match="speed_curve.*loss_curve"):
        sweep.curves(curve="speed_curve")


def test_pictures(sweep, folder):
    axes = sweep.plot.scaling("escape_time", "init_scale", by="network_layers")
    words = [text.get_text() for text in axes.get_legend().get_texts()]
    laws = sweep.exponents("escape_time", "init_scale", by="network_layers")
    assert words == [f"network.layers = {layers}, exponent {laws['exponent'][layers]:.3g} ± {laws['error'][layers]:.1g}" for layers in LAYERS]
    assert axes.get_xscale() == axes.get_yscale() == "log" and axes.get_xlabel() == "init.scale"
    linear = sweep.plot.scaling("visit_count", "init_scale", log=False)
    assert linear.get_xscale() == "linear"
    losses = sweep.plot.losses()
    np.testing.assert_allclose(losses.lines[1].get_ydata(), sweep.curves()["median"][1])
    assert [text.get_text() for text in losses.get_legend().get_texts()] == [f"init.scale = {scale:g}" for scale in (1e-4, 1e-3, 1e-2, 1e-1)]
    many = sweep.plot.losses(by="flow_t_end", curve="weight_norm_curve", finished=False)
    for name, picture in (("scaling", axes), ("losses", losses), ("many", many)):
        picture.figure.savefig(folder / f"{name}.png")
        assert (folder / f"{name}.png").stat().st_size > 10_000
    matplotlib.pyplot.close("all")


def test_the_run_beside_it(sweep, run, folder, written):
    shutil.copy(run.path, folder / f"{written['names'][2]}.h5")
    for name in (3, written["names"][2]):
        assert np.array_equal(sweep.run(name).loss, run.loss)
    with pytest.raises(sf.InputError, match=written["names"][3]):
        sweep.run(4)
    with pytest.raises(sf.InputError, match="61.*1 to 60"):
        sweep.run(61)
    assert isinstance(sf.open(folder / f"{written['names'][2]}.h5"), sf.Run)


def test_the_example_of_the_readme(run, written, folder, tmp_path, monkeypatch, capsys):
    readme = Path(__file__).resolve().parents[2] / "lib" / "python" / "README.md"
    (code,) = re.findall(r"```python sweep\n(.*?)```", readme.read_text(encoding="utf-8"), re.S)
    (tmp_path / "scales").mkdir()
    shutil.copy(folder / "collected.h5", tmp_path / "scales")
    shutil.copy(run.path, tmp_path / "scales" / f"{written['names'][16]}.h5")
    monkeypatch.chdir(tmp_path)
    names = {"sf": sf}
    exec(code, names)
    assert isinstance(names["run"], sf.Run) and "step size underflow" in capsys.readouterr().out
    matplotlib.pyplot.close("all")


@pytest.mark.parametrize("name", ["run", "state", "final_loss", "escape_time", "visit_loss", "visit_depth", "jump_time", "curve_time", "loss_curve", "message"])
def test_missing_datasets_are_named(name, tmp_path):
    path = tmp_path / "broken.h5"
    sweep_file.example(path, seeds=1)
    with h5py.File(path, "r+") as file:
        del file[name]
    with pytest.raises(sf.InputError, match=rf"broken.h5.*{name}"):
        sf.open(path)


def test_other_broken_files(tmp_path):
    path = tmp_path / "broken.h5"

    def changed(change):
        path.unlink(missing_ok=True)
        sweep_file.example(path, seeds=1)
        with h5py.File(path, "r+") as file:
            change(file)
        return sf.open(path)

    def other_axis(file):
        del file["final_loss"]
        file["final_loss"] = np.zeros(160)
        file["final_loss"].dims[0].attach_scale(file["curve_time"])

    with pytest.raises(sf.InputError, match="final_loss.*curve_time.*expected run"):
        changed(other_axis)
    with pytest.raises(sf.InputError, match="sweep_format is 2.0"):
        changed(lambda file: file.attrs.__setitem__("sweep_format", "2.0"))
    with pytest.raises(sf.InputError, match="init_scale.*no key"):
        changed(lambda file: file["init_scale"].attrs.pop("key"))
    with pytest.raises(sf.InputError, match="state.*flag_meanings"):
        changed(lambda file: file["state"].attrs.pop("flag_meanings"))
    with pytest.raises(sf.InputError, match="none.h5"):
        sf.Sweep(str(tmp_path / "none.h5"))
    path.write_text("text")
    with pytest.raises(sf.InputError, match="broken.h5.*another file"):
        sf.open(path)


def test_a_thousand_runs_are_opened_in_two_seconds(tmp_path, capsys):
    path = tmp_path / "thousand.h5"
    sweep_file.example(path, scales=np.geomspace(1e-4, 1, 10), layers=LAYERS[:2], seeds=50, times=400)
    took = []
    for _ in range(3):
        start, work = time.perf_counter(), time.process_time()
        sweep = sf.open(path)
        took.append((time.process_time() - work, time.perf_counter() - start))
    work, seconds = min(took)
    with capsys.disabled():
        print(f"\n{len(sweep)} runs, {path.stat().st_size / 1e6:.1f} MB, opened in {seconds:.2f} s, of which {work:.2f} s of work")
    assert len(sweep) == 1000 and work < 2  # the clock on the wall also counts what else the machine does
