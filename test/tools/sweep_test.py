"""sf-sweep: which runs a file makes, what happens to broken ones, and the collected table against the run files."""
import glob
import itertools
import os
import resource
import signal
import subprocess
import time
import tomllib

import h5py
import netCDF4  # before xarray, see kill_resume_test.py
import numpy as np
import xarray as xr

from sweep_files import STUDY, succeed, sweep, write
from tool import BIN, flow, in_temporary_folder, one_line

SWEEP = """study = "toy.toml"
[set]
"output.weights" = "events"
[axes]
"init.scale" = { logspace = [1e-3, 1e-1], count = 3 }
width = [4, 8]
"init.seed" = { seeds = 2 }
[values]
"flow.t_end" = "2 / init.scale"
"network.layers" = [2, "width", 1]
"""


def listed(text):
    """The lines of --list: (number, name, settings)."""
    rows = []
    for line in text.splitlines():
        number, name, *settings = line.split(None, 2)
        rows.append((int(number), name, dict(s.split("=", 1) for s in (settings[0] if settings else "").split("  ") if "=" in s)))
    return rows


def the_runs_are_the_combinations():
    write("s.toml", SWEEP)
    rows = listed(succeed("s.toml", "--list"))
    expected = list(itertools.product([0.001, 0.01, 0.1], [4, 8], [1, 2]))
    assert [row[0] for row in rows] == list(range(1, 13))
    for (number, name, settings), (scale, width, seed) in zip(rows, expected):
        assert float(settings["init.scale"]) == scale and int(settings["init.seed"]) == seed, (number, settings)
        assert settings["network.layers"] == f"[2, {width}, 1]" and float(settings["flow.t_end"]) == 2 / scale
        assert name == f"scale={scale:g}_width={width}_seed={seed}", name
    # Every run is in one chunk.
    chunks = [row[0] for i in (1, 2, 3) for row in listed(succeed("s.toml", "--list", "--chunk", f"{i}/3"))]
    assert sorted(chunks) == list(range(1, 13))
    assert [row[0] for row in listed(succeed("s.toml", "--list", "--index", "7"))] == [7]
    # More choices keep the names of the runs that there were.
    write("more.toml", SWEEP.replace("seeds = 2", "seeds = 3").replace("[4, 8]", "[2, 4, 8]"))
    assert {row[1] for row in rows} < {row[1] for row in listed(succeed("more.toml", "--list"))}


def every_kind_of_axis():
    write("axes.toml", """study = "toy.toml"
[axes]
"data.samples" = { logspace = [10, 40], count = 3 }
"flow.rtol" = { logspace = [1e-6, 1e-4], count = 2 }
a = { range = [0, 1], step = 0.25 }
[axes.init]
kind = ["gaussian", "sphere"]
[[zip]]
"data.seed" = [1, 2]
noise = [0.5, 0.25]
[values]
"flow.t_end" = "10 + data.samples * max(a, noise) + (noise < 0.3 ? 1 : 0) + half ^ 2 + data.teacher_power"
half = "a / 2"
""".replace(" + data.teacher_power", " + loss_scale").replace('half = "a / 2"', 'half = "a / 2"\nloss_scale = "network.power"'))
    rows = listed(succeed("axes.toml", "--list"))
    assert len(rows) == 3 * 2 * 5 * 2 * 2, len(rows)
    assert len({row[1] for row in rows}) == len(rows)
    expected = itertools.product([10, 20, 40], [1e-6, 1e-4], [0, 0.25, 0.5, 0.75, 1], ["gaussian", "sphere"], [(1, 0.5), (2, 0.25)])
    for (_, name, s), (samples, rtol, a, kind, (seed, noise)) in zip(rows, expected):
        assert (int(s["data.samples"]), float(s["flow.rtol"]), int(s["data.seed"]), s["init.kind"]) == (samples, rtol, seed, f'"{kind}"'), (name, s)
        t_end = 10 + samples * max(a, noise) + (1 if noise < 0.3 else 0) + (a / 2) ** 2 + 2
        assert abs(float(s["flow.t_end"]) - t_end) < 1e-12 * t_end, (s, t_end)


def bad_sweeps_are_one_line():
    def refused(text, *words, code=2):
        write("bad.toml", text)
        one_line(sweep("bad.toml", "--list"), code, *words)

    axes = '[axes]\n"init.seed" = [1, 2]\n'
    refused('study = "toy.toml"\n', "axes", "found none")
    refused('study = "toy.toml"\n[axes]\n"init.scal" = [1.0]\n', "bad.toml:3", "init.scal", "init.scale")
    refused('study = "toy.toml"\nsed = 1\n' + axes, "bad.toml:2", "sed", "unknown")
    refused('study = "toy.toml"\ntool = "rm"\n' + axes, "tool", '"rm"', "sf-flow")
    refused('study = "toy.toml"\ntool = "sf-report"\n' + axes, "sf-report", "a study")
    refused('study = "toy.toml"\n' + axes + '[set]\n"init.seed" = 3\n', "init.seed", "found twice")
    refused('study = "toy.toml"\n' + axes + '[values]\n"flow.t_end" = "30 / sclae"\n', "flow.t_end", "sclae", "unknown name")
    refused('study = "toy.toml"\n' + axes + '[values]\n"flow.t_end" = "30 / "\n', "flow.t_end", "30 /")
    refused('study = "toy.toml"\n' + axes + '[values]\na = "b"\nb = "a"\n', "needs its own value")
    refused('study = "toy.toml"\n' + axes + '[values]\na = "init.seed = 3"\n', "init.seed = 3")
    refused('study = "toy.toml"\n' + axes + '[values]\na = true\n', "a", "expression")
    refused('study = "toy.toml"\n[[zip]]\n"init.seed" = [1, 2]\n"data.seed" = [1]\n', "data.seed", "found 1 values, expected 2")
    refused('study = "toy.toml"\n[axes]\n"init.seed" = []\n', "init.seed", "empty list")
    refused('study = "toy.toml"\n[axes]\n"init.seed" = 3\n', "init.seed", "found 3", "list of values")
    refused('study = "toy.toml"\n[axes]\n"init.scale" = { logspace = [0, 1], count = 3 }\n', "logspace", "not zero")
    refused('study = "toy.toml"\n[axes]\n"init.scale" = { logspace = [1e-3, 1], cuont = 3 }\n', "cuont", "unknown")
    refused('study = "toy.toml"\n[axes]\n"init.seed" = { range = [1, 5], step = -1 }\n', "step", "-1")
    refused('study = "toy.toml"\n[axes]\n"init.seed" = { seeds = 2000000000 }\n', "seeds", "2000000000")
    refused('study = "toy.toml"\n[axes]\n"init.seed" = { linspace = [1e30, 2e30], count = 2 }\n', "init.seed", "1e+30", "2^53")
    refused('study = "toy.toml"\n[axes]\n"init.scale" = { linspace = [-1e308, 1e308], count = 3 }\n', "init.scale", "difference")
    refused('study = "toy.toml"\n[axes]\na = { seeds = 100000 }\nb = { seeds = 100000 }\n', "more than 1000000 runs")
    refused('study = "toy.toml"\n[axes]\na = [1\n', "bad.toml:3")
    refused('study = "toy.toml"\n' + axes + '[[then]]\ntool = "sf-flow"\n', "then.tool", "sf-saddles")
    refused('study = "toy.toml"\n' + axes + '[slurm]\nminutes_per_job = 0\n', "minutes_per_job", "positive")
    refused('study = "toy.toml"\n' + axes + '[slurm]\nseconds_per_run = inf\n', "seconds_per_run", "inf", "positive")
    for most_jobs in "1e300", "0.5":
        refused('study = "toy.toml"\n' + axes + f'[slurm]\nmost_jobs = {most_jobs}\n', "most_jobs", "from 1 to 4000000")
    write("bad.toml", 'study = "no-such.toml"\n' + axes)
    one_line(sweep("bad.toml"), 4, "no-such.toml")
    one_line(sweep("no-such-sweep.toml"), 4, "no-such-sweep.toml")
    one_line(sweep("s.toml", "--index", "13"), 2, "13", "1 to 12")
    one_line(sweep("s.toml", "--chunk", "4/3"), 2, "4/3")
    one_line(sweep("s.toml", "--list", "--status"), 2, "--list", "--status")
    one_line(sweep("s.toml", "-o", "nowhere", "--collect"), 2, "nowhere")
    write("file", "")
    one_line(sweep("s.toml", "-o", "file"), 4, "file")


def a_sweep_is_run_once():
    text = succeed("s.toml", "-j", "2")
    assert "12 finished, 0 failed" in text, text
    before = {name: os.stat(name).st_mtime_ns for name in glob.glob("s/*")}
    assert "12 finished (12 of them earlier)" in succeed("s.toml", "-j", "2")
    assert {name: os.stat(name).st_mtime_ns for name in glob.glob("s/*")} == before
    # A run is what sf-flow makes of its settings, and its record has the command.
    record = tomllib.load(open("s/scale=0.01_width=8_seed=2.job", "rb"))
    assert record["state"] == "finished" and record["status"] == 0 and record["attempts"] == 1, record
    assert flow("toy.toml", "--set", "init.scale=0.01", "--set", "network.layers=[2,8,1]", "--set", "init.seed=2", "--set",
                "flow.t_end=200.0", "--set", "output.weights=events", "-o", "alone.h5", "-q").returncode == 0
    with h5py.File("alone.h5") as alone, h5py.File("s/scale=0.01_width=8_seed=2.h5") as run:
        for name in ("time", "loss", "weights"):
            assert alone[name][:].tobytes() == run[name][:].tobytes(), name
    # A run that is removed is made again, and only that one.
    os.remove("s/scale=0.1_width=4_seed=1.h5")
    assert "12 finished (11 of them earlier)" in succeed("s.toml", "-j", "2")


def hermite(t, times, losses, slopes):
    """The loss between two rows, written once more."""
    i = min(max(np.searchsorted(times, t), 1), len(times) - 1)
    h, a, b = times[i] - times[i - 1], losses[i - 1], losses[i]
    s = (t - times[i - 1]) / h
    basis = np.array([(1 + 2 * s) * (1 - s) ** 2, s * (1 - s) ** 2, s * s * (3 - 2 * s), s * s * (s - 1)])
    return basis @ [a, h * slopes[i - 1], b, h * slopes[i]]


def the_table_is_that_of_the_run_files():
    succeed("s.toml", "--collect")
    table = xr.open_dataset("s/collected.h5", engine="h5netcdf").load()
    xr.testing.assert_identical(table, xr.open_dataset("s/collected.h5", engine="netcdf4").load())
    assert table.sizes["run"] == 12 and set(table["state"].values.tolist()) == {3}
    assert table["init_scale"].attrs["role"] == "axis" and table["init_seed"].attrs["role"] == "seed"
    assert table["flow_t_end"].attrs == {**table["flow_t_end"].attrs, "role": "value", "key": "flow.t_end"}
    assert list(table["network_layers"].values[:3]) == ["[2, 4, 1]", "[2, 4, 1]", "[2, 8, 1]"]
    worst = 0.0
    for k, name in enumerate(table["name"].values):
        row = table.isel(run=k)
        with h5py.File(f"s/{name}.h5") as run:
            times, losses, slopes = run["time"][:], run["loss"][:], -run["gradient_norm"][:] ** 2
            assert row["final_loss"] == losses[-1] and row["final_time"] == times[-1]
            assert row["gradients"] == run["run"].attrs["gradients"]
            kinds = run["events/kind"].attrs["flag_meanings"].split()
            events = [(kinds[k], t) for k, t in zip(run["events/kind"][:], run["events/event_time"][:])]
            escapes = [t for kind, t in events if kind == "escape_loss"]
            assert row["escape_time"] == escapes[0] if escapes else np.isnan(row["escape_time"])
            visits = len(run["saddles/loss"])
            assert row["visit_count"] == visits
            np.testing.assert_array_equal(row["visit_loss"].values[:visits], run["saddles/loss"][:])
            assert np.isnan(row["visit_loss"].values[visits:]).all()
            # Jumps: half of the loss between two plateaus is lost.
            plateaus = [times[0], *(t for t in run["saddles/closest_time"][:] if t > times[0]), times[-1]]
            levels = [hermite(t, times, losses, slopes) for t in plateaus]
            halves = [(a + b) / 2 for a, b in zip(levels, levels[1:]) if a - b > 0.05 * a]
            jumps = row["jump_time"].values[:int(row["jump_count"])]
            assert len(jumps) == len(halves)
            for t, half in zip(jumps, halves):
                worst = max(worst, abs(hermite(t, times, losses, slopes) / half - 1))
            inside = (table["curve_time"].values >= times[1]) & (table["curve_time"].values <= times[-1])
            assert np.isfinite(row["loss_curve"].values[inside]).all()
            assert np.isnan(row["loss_curve"].values[table["curve_time"].values > times[-1]]).all()
    print(f"losses at the times of jumps: {worst:.0e} off the mean of the plateaus")
    assert worst < 1e-9
    ratios = np.diff(np.log10(table["curve_time"].values))
    assert np.allclose(ratios, 1 / 60, rtol=1e-9), ratios


def the_curves_are_the_flow():
    """Between the steps of a run: against a run that stops at the very time."""
    table = xr.open_dataset("s/collected.h5", engine="h5netcdf").load()
    name = "scale=0.01_width=4_seed=1"
    row = table.isel(run=list(table["name"].values).index(name))
    curve = row["loss_curve"].values
    steepest = int(np.nanargmax(np.abs(np.diff(curve))))
    for k in (steepest, steepest + 3):
        t = float(table["curve_time"][k])
        assert flow("toy.toml", "--set", "init.scale=0.01", "--set", "init.seed=1", "--set", f"flow.t_end={t!r}", "--set",
                    "flow.rtol=1e-10", "-o", "stop.h5", "-q", "--force").returncode == 0
        with h5py.File("stop.h5") as stop:
            error = abs(curve[k] / stop["loss"][-1] - 1)
        print(f"loss at t = {t:.4g}: {error:.1e} off a run that stops there (rtol of the sweep 1e-6)")
        assert error < 1e-4


def broken_runs_do_not_stop_the_others():
    # A bad value, a computed value that is not finite, a numerical failure, and a file that may not grow so large.
    write("broken.toml", """study = "toy.toml"
[[zip]]
case = [0, 1, 2, 3, 4, 5]
"data.samples" = [20, -5, 20, 20, 20, 20]
"verify.balance" = [0.0, 0.0, 0.0, 1e-14, 0.0, 0.0]
"output.weights" = ["events", "events", "events", "events", "all", "events"]
[values]
"flow.t_end" = "case == 2 ? 1 / 0 : 50"
"network.layers" = [2, "case == 4 ? 800 : 4", 1]
""")
    limit = 2_000_000  # bytes: a run needs a quarter, that of 800 neurons more
    result = sweep("broken.toml", "-j", "2", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert result.returncode == 3, (result.returncode, result.stdout, result.stderr)
    lines = result.stderr.splitlines()
    print(result.stderr)
    assert len(lines) == 4 and all(line.startswith("sf-sweep: run ") for line in lines), lines
    by_run = {int(line.split()[2]): line for line in lines}
    assert "data.samples" in by_run[2] and "status 2" in by_run[2]
    assert "flow.t_end" in by_run[3] and "finite" in by_run[3]
    assert "balance_drift" in by_run[4] and "status 3" in by_run[4]
    assert "File size limit" in by_run[5] or "File too large" in by_run[5]
    assert "2 finished, 4 failed" in result.stdout, result.stdout
    assert "failed:     4" in succeed("broken.toml", "--status")
    succeed("broken.toml", "--collect")
    table = xr.open_dataset("broken/collected.h5", engine="h5netcdf").load()
    words = table["state"].attrs["flag_meanings"].split()
    assert [words[k] for k in table["state"].values] == ["finished", "failed", "failed", "failed", "failed", "finished"]
    assert "data.samples" in table["message"].values[1] and np.isnan(table["final_loss"].values[1])
    report("broken/collected.h5")
    assert table["stop_reason"].values[3] == "balance_drift" and np.isfinite(table["final_loss"].values[3])
    again = sweep("broken.toml", "-j", "2")
    assert "3 finished (2 of them earlier), 3 failed" in again.stdout, again.stdout


def a_full_disk_is_named():
    os.makedirs("disk")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", "disk"], capture_output=True).returncode != 0:
        print("a full disk: skipped, no right to mount one")
        return
    try:
        write("disk.toml", """study = "toy.toml"\n[axes]\n"init.seed" = { seeds = 6 }\n""")
        result = sweep("disk.toml", "-o", "disk/runs", "-j", "1")
        assert result.returncode == 3 and "1 finished" in result.stdout, (result.returncode, result.stdout, result.stderr)
        assert len(result.stderr.splitlines()) == 5 and result.stderr.count("No space left on device") == 5, result.stderr
    finally:
        subprocess.run(["umount", "disk"], check=True)


def an_interrupt_leaves_checkpoints():
    write("long.toml", """study = "toy.toml"
[set]
"flow.rtol" = 1e-12
"flow.t_end" = 1e9
"network.layers" = [2, 30, 1]
"events.steady.terminal" = false
"output.checkpoint_seconds" = 0.1
[axes]
"init.seed" = { seeds = 3 }
""")
    child = subprocess.Popen([os.path.join(BIN, "sf-sweep"), "long.toml", "-j", "3", "-q"])
    deadline = time.time() + 60
    while len(glob.glob("long/*.ckpt.h5")) < 3 and time.time() < deadline:
        time.sleep(0.1)
    child.send_signal(signal.SIGTERM)
    assert child.wait(60) == 130
    states = [tomllib.load(open(record, "rb"))["state"] for record in glob.glob("long/*.job")]
    assert states == 3 * ["unfinished"], states
    assert "unfinished: 3" in succeed("long.toml", "--status")


def a_changed_sweep_runs_what_has_changed():
    write("changed.toml", SWEEP.replace("2 / init.scale", "3 / init.scale"))
    result = sweep("changed.toml", "-o", "s", "-j", "2")
    assert result.returncode == 0 and "12 finished, 0 failed" in result.stdout, (result.stdout, result.stderr)
    # Another trajectory is refused by sf-flow; the old file stays.
    write("changed.toml", SWEEP.replace('"output.weights"', '"flow.rtol" = 1e-7\n"output.weights"').replace("2 / init", "3 / init"))
    result = sweep("changed.toml", "-o", "s", "--index", "1")
    assert result.returncode == 3 and "flow.rtol" in result.stderr, result.stderr
    succeed("changed.toml", "-o", "s", "--collect", "--collected", "changed.h5")
    table = xr.open_dataset("changed.h5", engine="h5netcdf").load()
    assert np.isnan(table["final_loss"].values).all(), "numbers of other settings"
    report("changed.h5")


def report(path):
    """sf-report reads what sf-sweep writes."""
    done = subprocess.run([os.path.join(BIN, "sf-report"), path, "-o", "page.html", "-f"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def other_tools():
    write("tools.toml", """study = "toy.toml"
[axes]
"init.seed" = [1, 2]
[[then]]
tool = "sf-saddles"
arguments = ["--refine"]
[[then]]
tool = "sf-evaluate"
""")
    succeed("tools.toml", "-j", "2")
    succeed("tools.toml", "--collect")
    table = xr.open_dataset("tools/collected.h5", engine="h5netcdf").load()
    with h5py.File("tools/seed=1.saddles.h5") as file:
        losses = file["catalogue/loss"][:]
    np.testing.assert_array_equal(table["critical_point_loss"].values[0][:len(losses)], losses)
    assert os.path.exists("tools/seed=2.evaluate.nc")
    for tool, arguments, column in (("sf-kkt", '["--starts", "16"]', "kkt_value"), ("sf-pursuit", "[]", "round_loss"),
                                    ("sf-skeleton", "[]", "skeleton_loss"), ("sf-limit", '["--starts", "16"]', "final_loss")):
        write("tool.toml", f'study = "toy.toml"\ntool = "{tool}"\narguments = {arguments}\n[axes]\n"data.seed" = [1, 2]\n')
        succeed("tool.toml", "-o", tool, "-j", "2")
        assert "(2 of them earlier)" in succeed("tool.toml", "-o", tool, "-j", "2")
        succeed("tool.toml", "-o", tool, "--collect")
        table = xr.open_dataset(f"{tool}/collected.h5", engine="h5netcdf").load()
        assert np.isfinite(table[column].values.reshape(2, -1)[:, 0]).all(), (tool, table[column])
        report(f"{tool}/collected.h5")


def an_extended_run_has_its_tables_made_again():
    text = 'study = "toy.toml"\n[set]\n"flow.t_end" = 60.0\n[axes]\n"init.seed" = [1]\n[[then]]\ntool = "sf-evaluate"\n'
    write("then.toml", text)
    succeed("then.toml")
    write("then.toml", text.replace("60.0", "120.0"))
    succeed("then.toml")
    with h5py.File("then/seed=1.h5") as run, h5py.File("then/seed=1.evaluate.nc") as table:
        assert run["time"][-1] == table["time"][-1] == 120, (run["time"][-1], table["time"][-1])
    # What the sweep has not made is nobody's to replace.
    os.remove("then/seed=1.job")
    result = sweep("then.toml")
    assert result.returncode == 3 and "seed=1.evaluate.nc" in result.stderr and "exists" in result.stderr, result.stderr


def scales_far_apart():
    """Every curve is known from the first common time to its end, however much later than others its run changes."""
    write("far.toml", """study = "toy.toml"
[axes]
"init.kind" = ["gaussian", "sphere"]
"init.scale" = [1e-1, 1e-16]
[values]
"flow.t_end" = "20 / init.scale"
""")
    succeed("far.toml", "-j", "2")
    succeed("far.toml", "--collect")
    table = xr.open_dataset("far/collected.h5", engine="h5netcdf").load()
    times, loss = table["curve_time"].values, table["loss_curve"].values
    assert times[-1] / times[0] > 1e14, times
    for k in range(4):
        known = times <= table["final_time"].values[k]
        assert np.isfinite(loss[k][known]).all() and np.isnan(loss[k][~known]).all(), k
    at_start = h5py.File("far/kind=gaussian_scale=1e-16.h5")["loss"][0]
    assert abs(loss[1][0] / at_start - 1) < 1e-12, (loss[1][0], at_start)
    with netCDF4.Dataset("far/collected.h5") as file:  # axes in the order of the sweep, texts and numbers alike
        found = [name for name, variable in file.variables.items() if "role" in variable.ncattrs()]
    assert found == ["init_kind", "init_scale", "flow_t_end"], found


def without_locks():
    """As on a network file system without them: two sweeps share the runs by chunks, a reader collects meanwhile."""
    environment = {**os.environ, "HDF5_USE_FILE_LOCKING": "FALSE"}
    write("s.toml", SWEEP)
    both = [subprocess.Popen([os.path.join(BIN, "sf-sweep"), "s.toml", "-o", "nolocks", "-q", "-j", "1", "--chunk", f"{i}/2"], env=environment)
            for i in (1, 2)]
    assert [child.wait() for child in both] == [0, 0]
    succeed("s.toml", "-o", "nolocks", "--collect", env=environment)
    succeed("s.toml", "-o", "locks", "-j", "2")
    succeed("s.toml", "-o", "locks", "--collect")
    a, b = (xr.open_dataset(f"{name}/collected.h5", engine="h5netcdf").load() for name in ("nolocks", "locks"))
    xr.testing.assert_equal(a, b)


def sweeps_share_a_folder():
    """Several that start at the same moment look at the same records: each run is begun once."""
    write("s.toml", SWEEP)
    sweeps = [subprocess.Popen([os.path.join(BIN, "sf-sweep"), "s.toml", "-o", "shared", "-q", "-j", "1"]) for _ in range(4)]
    assert [child.wait(120) for child in sweeps] == 4 * [0]
    assert "12 finished (12 of them earlier)" in succeed("s.toml", "-o", "shared")
    attempts = [tomllib.load(open(record, "rb"))["attempts"] for record in glob.glob("shared/*.job")]
    assert attempts == 12 * [1], attempts


def rewrite(record, **changes):
    with open(record, encoding="utf-8") as file:
        lines = [f'{key} = {changes.get(key, value)}' for key, value in (line.rstrip().split(" = ", 1) for line in file)]
    write(record, "\n".join(lines) + "\n")


def a_run_of_another_machine():
    """Begun there and not ended: with locks it is seen to be dead; without, only its own chunk may take it over."""
    without = {**os.environ, "HDF5_USE_FILE_LOCKING": "FALSE"}
    write("other.toml", 'study = "toy.toml"\n[axes]\n"init.seed" = [1, 2]\n')
    succeed("other.toml", "-q")
    rewrite("other/seed=1.job", state='"running"', host='"elsewhere"')
    assert "running:    1" in succeed("other.toml", "--status")
    succeed("other.toml", "--collect", env=without)
    table = xr.open_dataset("other/collected.h5", engine="h5netcdf").load()
    assert table["state"].values.tolist() == [1, 3] and "elsewhere" in table["message"].values[0]
    assert np.isnan(table["final_loss"].values[0]) and np.isfinite(table["final_loss"].values[1])
    child = subprocess.Popen([os.path.join(BIN, "sf-sweep"), "other.toml"], env=without, stderr=subprocess.DEVNULL)
    time.sleep(1)
    assert child.poll() is None, "it does not wait"
    child.send_signal(signal.SIGINT)
    assert child.wait(30) == 130
    assert tomllib.load(open("other/seed=1.job", "rb"))["host"] == "elsewhere"
    succeed("other.toml", "--index", "1", env=without)
    assert "finished:   2" in succeed("other.toml", "--status")
    rewrite("other/seed=2.job", state='"running"', host='"elsewhere"')
    assert "2 finished (1 of them earlier)" in succeed("other.toml")
    # A record that a machine has left half written is none: the run is looked at again.
    write("other/seed=2.job", "state = \"fini")
    assert "2 finished (1 of them earlier)" in succeed("other.toml")


def main():
    write("toy.toml", STUDY)
    for test in (the_runs_are_the_combinations, every_kind_of_axis, bad_sweeps_are_one_line, a_sweep_is_run_once,
                 the_table_is_that_of_the_run_files, the_curves_are_the_flow, broken_runs_do_not_stop_the_others, a_full_disk_is_named,
                 an_interrupt_leaves_checkpoints, other_tools,
                 an_extended_run_has_its_tables_made_again, scales_far_apart, without_locks, sweeps_share_a_folder, a_run_of_another_machine,
                 a_changed_sweep_runs_what_has_changed):
        start = time.time()
        test()
        print(f"{test.__name__}: {time.time() - start:.1f} s", flush=True)


in_temporary_folder(main)
