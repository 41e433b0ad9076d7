"""sf-saddles and sf-flow --from: the main study's saddles, the same from every tolerance and start, connected,
started from; runs without any; bad input."""
import os
import signal
import subprocess
import time

import h5py
import numpy as np
import xarray as xr

from tool import BIN, MAIN, flow, in_temporary_folder, one_line, succeed

GROUPS = ("/", "/catalogue", "/saddles", "/escapes", "/transitions")
UNRESOLVED = 3

SCALAR = """
[network]
layers = [1, 1, 1]
slope = 1.0
power = 1
[data]
inputs = "given"
targets = "given"
[data.given]
inputs = [[1.0]]
targets = [[2.0]]
[init]
scale = 1.0
"""


def saddles(*arguments):
    return subprocess.run([os.path.join(BIN, "sf-saddles"), *arguments], capture_output=True, text=True)


def survey(*arguments):
    result = saddles(*arguments)
    assert result.returncode == 0, (arguments, result.returncode, result.stderr)
    return result.stdout


def help_names_every_option():
    out = survey("--help")
    for option in ("--refine", "--connect", "--point", "--starts", "--seed", "--most-points", "--most-escapes", "--rtol",
                   "--output", "--set", "--force", "--quiet", "--version", "130"):
        assert option in out, option


def modulo_rescaling(points):
    """b max(0, a . x)^2 = sign(b) max(0, sqrt|b| a . x)^2: one neuron a row."""
    a, b = points[:, :200].reshape(-1, 10, 20), points[:, 200:]
    return np.concatenate([a * np.sqrt(np.abs(b))[:, None, :], np.sign(b)[:, None, :]], axis=1)


def the_same_points_from_every_tolerance():
    points = {}
    for rtol in ("1e-6", "1e-8", "1e-10"):
        succeed(MAIN, "-o", f"run{rtol}.h5", "-q", "--set", f"flow.rtol={rtol}")
        survey(f"run{rtol}.h5", "-o", f"saddles{rtol}.h5", "-q")
        with h5py.File(f"saddles{rtol}.h5") as file:
            assert list(file["catalogue/kind"][:]) == [0, 1, 1, 2], "origin, two saddles, the minimum"
            assert list(file["saddles/critical_point"][:]) == [1, 2, 3]
            assert list(file["transitions/from"][:]) == [0, 1, 2] and list(file["transitions/to"][:]) == [1, 2, 3]
            assert np.all(file["catalogue/index_zero_unexplained"][:] == 0)
            assert np.all(file["saddles/pattern_preserved"][:] == 1), "P3: zero neurons stay zero"
            points[rtol] = modulo_rescaling(file["catalogue/point"][:])
    for rtol in ("1e-6", "1e-8"):
        error = np.max(np.abs(points[rtol] - points["1e-10"]))
        print(f"saddles at rtol {rtol} against 1e-10: largest difference of a weight {error:.1e}")
        assert error < 1e-8
    out = survey("run1e-6.h5", "run1e-8.h5", "run1e-10.h5", "--refine", "-o", "all.h5")
    assert "3 trajectories" in out, out
    with h5py.File("all.h5") as file:
        assert len(file["catalogue/loss"]) == 4 and list(file["saddles/run"][:]) == [0] * 3 + [1] * 3 + [2] * 3


def judged_visits():
    """What the first saddle foretells comes true: the neuron, its direction, the time."""
    with h5py.File("saddles1e-8.h5") as file:
        s = file["saddles"]
        assert np.all(s["left_neuron"][:2] == s["predicted_neuron"][:2]) and np.all(s["left_neuron"][:2] >= 0)
        late = s["predicted_leave_time"][:2] / s["leave_time"][:2] - 1
        overlap = s["exit_overlap"][:2]
        print(f"predicted time of leaving, relative error: {late}; exit overlap {overlap}")
        assert np.all(np.abs(late) < 0.01) and np.all(overlap > 0.98)
        assert np.isnan(s["leave_time"][2]) and s["left_neuron"][2] == -1


def the_same_from_an_equivalent_start():
    with h5py.File("run1e-8.h5") as file:
        w, row, column, layer = (file[name] for name in ("weights", "network/parameter_row", "network/parameter_column",
                                                         "network/parameter_layer"))
        w, row, column, layer = w[0], row[:], column[:], layer[:]
    inner = np.zeros((20, 10))
    inner[row[layer == layer.min()], column[layer == layer.min()]] = w[layer == layer.min()]
    outer = w[layer == layer.max()]
    order = np.random.default_rng(5).permutation(20)
    c = 1 + 0.05 * np.random.default_rng(6).uniform(-1, 1, 20)
    for name, a, b in (("permuted", inner[order], outer[order]),
                       ("rescaled", inner * c[:, None], outer / c**2)):
        np.savetxt(name + ".txt", np.concatenate([a.T.ravel(), b]), fmt="%.17g")
        succeed(MAIN, "-o", name + ".h5", "-q", "--set", 'init.kind="file"', "--set", f'init.file="{os.getcwd()}/{name}.txt"',
                "--set", "init.keep_norm=true")
        survey("run1e-8.h5", name + ".h5", "-o", name + "-saddles.h5", "-q")
        with h5py.File(name + "-saddles.h5") as file:
            rows = file["saddles/critical_point"][:]
            print(f"{name} start: visits of points {rows}")
            assert list(rows) == [1, 2, 3, 1, 2, 3]


def connected():
    survey("run1e-8.h5", "--connect", "-o", "connected.h5", "-q")
    with h5py.File("connected.h5") as file:
        e, t = file["escapes"], file["transitions"]
        edges = {(int(a), int(b)): (int(n), int(k)) for a, b, n, k in
                 zip(t["from"][:], t["to"][:], t["trajectories"][:], t["escape"][:])}
        for edge in ((0, 1), (1, 2), (2, 3)):
            assert edges[edge][0] == 1 and edges[edge][1] >= 0, "the trajectory's way is an unstable manifold"
        assert len(edges) > 3, "and there are ways that it did not take"
        followed = e["to_plus"][:] >= 0
        losses = file["catalogue/loss"][:]
        assert np.all(losses[e["to_plus"][followed]] < losses[e["critical_point"][followed]]), "downhill"
        print(f"{len(losses)} points, {len(edges)} connections, {followed.sum()} of {len(followed)} ways lead to a point")
    for engine in ("h5netcdf", "netcdf4"):
        for group in GROUPS:
            xr.open_dataset("connected.h5", engine=engine, group=group, decode_timedelta=False).close()


def started_beside_a_saddle():
    """The setting of P4."""
    delta = 1e-3
    succeed("--from", "connected.h5:2", "--perturb", str(delta), "-o", "from.h5", "-q", "--set", "init.seed=3")
    with h5py.File("connected.h5") as known, h5py.File("from.h5") as run:
        point, zero = known["catalogue/point"][1], known["catalogue/point"][1] == 0
        w = run["weights"][0]
        assert np.all(w[~zero] == point[~zero]) and abs(np.linalg.norm(w[zero]) / delta - 1) < 1e-12
    survey("from.h5", "-o", "from-saddles.h5", "-q")
    with h5py.File("from-saddles.h5") as file, h5py.File("connected.h5") as known:
        second = known["catalogue/loss"][2]
        found = file["catalogue/loss"][:]
        print(f"beside the first saddle: the visits have losses {found[file['saddles/critical_point'][:]]}")
        assert np.min(np.abs(found / second - 1)) < 1e-8


def started_along_a_way_down():
    """Exactly along it: the flow goes where --connect has followed it to, on a clock and with a source that are told."""
    with h5py.File("connected.h5") as known:
        ways = np.flatnonzero(known["escapes/critical_point"][:] == 1)
        points, losses, visits = known["catalogue/point"][:], known["catalogue/loss"][:], known["saddles/closest_time"][:]
        directions, to = known["escapes/direction"][:], known["escapes/to_plus"][:]
        run_id = known.attrs["run_id"]
    delta = 1e-3
    for number, row in enumerate(ways, start=1):
        out = succeed("--from", "connected.h5:2", "--along", str(number), "--perturb", str(delta), "-o", "along.h5", "--force",
                      "--set", "flow.t_end=1e5")
        with h5py.File("along.h5") as run:
            w, a = run["weights"][0], run["run"].attrs
            assert np.max(np.abs(w - points[1] - delta * directions[row])) < 1e-15
            assert (a["start_point"], a["start_run_id"], a["start_delta"]) == ("2", run_id, "0.001"), dict(a)
            assert float(a["start_clock"]) == visits[0] and f"t = 0 is at t = {a['start_clock']}" in out, out
        survey("along.h5", "-o", "along-saddles.h5", "-q", "--force")
        with h5py.File("along-saddles.h5") as file:
            found = file["catalogue/loss"][:][file["saddles/critical_point"][:]]
        print(f"along way down {number}: the visits have losses {found}, --connect led to {losses[to[row]]:.8g}")
        assert np.min(np.abs(found - losses[to[row]])) < 1e-8 * losses[0]
    # The same direction from a file, in any length; and the other side.
    np.savetxt("direction.txt", 7 * directions[ways[0]], fmt="%.17g")
    for sign in "+-":
        succeed("--from", "connected.h5:2", "--along", "direction.txt", f"--sign={sign}", "--perturb", str(delta), "-o", "along.h5",
                "--force", "-q", "--set", "flow.t_end=1")
        with h5py.File("along.h5") as run:
            step = run["weights"][0] - points[1]
            assert np.max(np.abs(step - float(sign + "1") * delta * directions[ways[0]])) < 1e-15
    beside = ("--perturb", "1e-3", "-o", "x.h5")
    one_line(flow("--from", "connected.h5:2", "--along", "99", *beside), 2, "way down 99 of critical point 2", "expected 1 to")
    one_line(flow("--from", "connected.h5:2", "--along", "1", "--sign=-", *beside), 2, "KKT point", "sign -")
    one_line(flow("--from", "connected.h5:2", "--along", "1", "--sign=x", *beside), 2, "init.sign", "x")
    one_line(flow("--from", "connected.h5:2", "--along", "nothing.txt", *beside), 4, "nothing.txt")
    np.savetxt("short.txt", [1, 2])
    one_line(flow("--from", "connected.h5:2", "--along", "short.txt", *beside), 2, "short.txt", "2 numbers")
    one_line(flow(MAIN, "--along", "1"), 2, "--along", "--from")


def single_point():
    with h5py.File("saddles1e-8.h5") as file:
        point = file["catalogue/point"][1]
    noise = np.random.default_rng(1).normal(size=point.size) * (point != 0)
    np.savetxt("point.txt", point + 1e-3 * noise, fmt="%.17g")
    survey(MAIN, "--point", "point.txt", "-o", "point.h5")
    with h5py.File("point.h5") as file:
        assert list(file["catalogue/kind"][:]) == [1] and len(file["saddles/loss"]) == 0
        row = [int(file["catalogue/index_" + name][0])
               for name in ("negative", "zero_explained", "zero_unexplained", "positive")]
        assert row == [0, 210, 0, 10], row
        assert np.max(np.abs(file["catalogue/point"][0] - point)) < 1e-2, "another member of the rescaling family"
    np.savetxt("nowhere.txt", np.random.default_rng(2).normal(size=point.size), fmt="%.17g")
    survey(MAIN, "--point", "nowhere.txt", "-o", "nowhere.h5")
    with h5py.File("nowhere.h5") as file:
        assert file["catalogue/kind"][0] == UNRESOLVED and len(file["escapes/value"]) == 0


def runs_without_saddles():
    with open("v1.toml", "w") as file:
        file.write(SCALAR)
    succeed("v1.toml", "-o", "v1.h5", "-q", "--set", "flow.t_end=1", "--set", "events.saddle.enter=1e-9", "--set",
            "events.saddle.leave=1e-8")
    assert "no critical point was visited" in survey("v1.h5", "--refine")
    assert "no critical point was visited" in survey("v1.h5")
    survey("v1.h5", "-o", "empty.h5", "-q")
    for engine in ("h5netcdf", "netcdf4"):
        for group in GROUPS:
            with xr.open_dataset("empty.h5", engine=engine, group=group, decode_timedelta=False) as data:
                for axis in ("critical_point", "saddle", "escape", "transition"):
                    assert data.sizes.get(axis, 0) == 0


def bad_input():
    one_line(saddles("missing.h5"), 4, "missing.h5")
    one_line(saddles("run1e-8.h5", "-o", "all.h5"), 2, "all.h5", "--force")
    one_line(saddles("run1e-8.h5", "--refine", "-o", "run1e-8.h5", "--force"), 2, "is the input itself")
    one_line(saddles("run1e-8.h5", "v1.h5", "--refine"), 2, "v1.h5", "the network differs")
    one_line(saddles("run1e-8.h5", "v1.toml"), 2, "v1.toml", "study")
    one_line(saddles(MAIN, "--point", "missing.txt"), 4, "missing.txt")
    one_line(saddles("v1.toml", "--point", "point.txt"), 2, "220", "2")
    one_line(flow("--from", "connected.h5:99", "--perturb", "1e-3", "-o", "x.h5"), 2, "99", "expected 1 to")
    one_line(flow("--from", "connected.h5", "--perturb", "1e-3", "-o", "x.h5"), 2, "FILE:K")
    one_line(flow("--from", "run1e-8.h5:1", "--perturb", "1e-3", "-o", "x.h5"), 2, "run1e-8.h5", "/catalogue")
    one_line(flow("--from", "connected.h5:2", "-o", "x.h5"), 2, "--perturb")
    one_line(flow("--perturb", "1e-3", MAIN), 2, "--from")
    assert not os.path.exists("x.h5")


def ctrl_c_writes_nothing():
    child = subprocess.Popen([os.path.join(BIN, "sf-saddles"), "run1e-8.h5", "--connect", "--starts", "2000", "-o", "never.h5",
                              "-q"])
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=60) == 130
    assert not os.path.exists("never.h5")


def main():
    for test in (help_names_every_option, the_same_points_from_every_tolerance, judged_visits,
                 the_same_from_an_equivalent_start, connected, started_beside_a_saddle,
                 started_along_a_way_down, single_point, runs_without_saddles,
                 bad_input, ctrl_c_writes_nothing):
        test()


in_temporary_folder(main)
