"""Visits: the plateaus that a person sees on a loss curve, and no others; in stored runs too; across a kill; how near a
run came where there is none; and no far point that passes for the saddle of a visit."""
import os
import re
import signal
import subprocess
import time

import h5py
import numpy as np

from tool import BIN, MAIN, flow, in_temporary_folder, one_line, succeed

TEACHER = '[data]\ninputs = "gaussian"\nsamples = {}\ntargets = "{}"\nseed = {}\n'
WHITENED = '[data]\ninputs = "whitened"\nsamples = {}\ntargets = "linear"\n[data.linear]\nmatrix = {}\n'
NETWORK = '[network]\nlayers = {}\nslope = {}\npower = {}\n'
LOSS = '[loss]\nkind = "{}"\nreduction = "mean"\n'
END = '[init]\nkind = "{}"\nscale = {}\n[flow]\nt_end = {}\nrtol = {}\n'

# Of each problem the study, and its plateaus as they were read off the loss curve by hand, before any visit was looked
# at: the loss there (to a few per cent), and a time at which the curve is flat. "end": it ends on a plateau.
PROBLEMS = {
    "linear": (NETWORK.format([3, 4, 3], 1.0, 1) + WHITENED.format(10, [[3, 0, 0], [0, 2, 0], [0, 0, 1]])
               + END.format("gaussian", 1e-3, 20, 1e-8), [(2.5, 3.5), (0.5, 6), "end"]),
    "deep linear": (NETWORK.format([3, 4, 4, 2], 1.0, 1) + WHITENED.format(10, [[3, 0, 0], [0, 1, 0]])
                    + END.format("gaussian", 0.05, 60, 1e-8), ["end"]),
    "diagonal": ('[network]\nkind = "diagonal_linear"\nlayers = [4]\n' + WHITENED.format(12, [[3, -2, 1.2, 0.5]])
                 + END.format("gaussian", 1e-4, 60, 1e-8), [(2.84, 4.5), (0.81, 7), (0.125, 12), "end"]),
    "leaky": (NETWORK.format([4, 12, 1], 0.3, 1) + TEACHER.format(60, "teacher", 3) + LOSS.format("square")
              + END.format("gaussian", 1e-3, 300, 1e-8), [(0.24, 17)]),
    "squared ReLU": (NETWORK.format([5, 12, 1], 0.0, 2) + TEACHER.format(60, "teacher", 5) + LOSS.format("square")
                     + END.format("gaussian", 1e-3, 4000, 1e-8), [(0.72, 2500), "end"]),
    "logistic": (NETWORK.format([6, 8, 1], -1.0, 2) + TEACHER.format(80, "signs", 4) + LOSS.format("logistic")
                 + END.format("gaussian", 1e-3, 20000, 1e-8), [(1.32, 5500), (1.06, 12000), "end"]),
    "ReLU": (NETWORK.format([3, 16, 1], 0.0, 1) + TEACHER.format(20, "signs", 8) + LOSS.format("square")
             + END.format("gaussian", 1e-4, 300, 1e-8), [(0.467, 75), (0.434, 200)]),
    "softmax": (NETWORK.format([4, 6, 3], 1.0, 1) + TEACHER.format(60, "classes", 6) + LOSS.format("softmax")
                + END.format("gaussian", 1e-4, 1000, 1e-8), [(0.87, 21)]),
    "sensing": ('[network]\nkind = "bilinear"\nlayers = [4, 4, 4]\n[data]\ninputs = "sensing"\nsamples = 60\n'
                '[data.matrix]\nvalues = [3, 2, 1]\n' + END.format("gaussian", 1e-3, 50, 1e-8), ["end"]),
    "convolution": ('[network]\nkind = "convolution"\nlayers = [8, 6, 1]\nkernel = 4\nslope = 0.2\npower = 1\n'
                    + TEACHER.format(40, "signs", 3) + LOSS.format("square") + END.format("gaussian", 1e-3, 400, 1e-8),
                    [(0.41, 25)]),
}


def saddles(*arguments):
    result = subprocess.run([os.path.join(BIN, "sf-saddles"), *arguments], capture_output=True, text=True)
    assert result.returncode == 0, (arguments, result.returncode, result.stderr)
    return result.stdout


def visits(file):
    with h5py.File(file) as run:
        names = run["saddles/depth"].attrs["flag_meanings"].split()
        table = {name: run["saddles/" + name][:] for name in ("enter_time", "closest_time", "leave_time", "loss", "proximity")}
        return [dict(zip(table, row), depth=names[d]) for *row, d in zip(*table.values(), run["saddles/depth"][:])]


def printed(text):
    """Rows of the table of visits: depth, end, enter, closest, leave."""
    return [(m[1], m[2], float(m[3]), float(m[4]), float(m[5].replace("-", "nan")))
            for m in re.finditer(r"^ +\d+  (shallow|close), (left|stayed) +(\S+) +(\S+) +(\S+) ", text, re.M)]


def file_of(name):
    return name.replace(" ", "-") + ".h5"


def every_plateau_and_no_other():
    for name, (study, plateaus) in PROBLEMS.items():
        with open("study.toml", "w") as out:
            out.write(f'title = "{name}"\n{study}[output]\nweights = "events"\n')
        text = succeed("study.toml", "-o", file_of(name))
        found = visits(file_of(name))
        assert len(found) == len(plateaus), (name, found)
        for visit, plateau in zip(found, plateaus):
            if plateau == "end":
                assert np.isnan(visit["leave_time"]) and visit["depth"] == "close", (name, visit)
                continue
            loss, flat = plateau
            assert abs(visit["loss"] / loss - 1) < 0.05, (name, visit, plateau)
            assert visit["enter_time"] < flat < visit["leave_time"], (name, visit, plateau)
        shown = printed(text)
        assert [row[0] for row in shown] == [visit["depth"] for visit in found], (name, shown)
        print(f"{name:<14}", ", ".join(f"{v['depth']} at {v['closest_time']:.6g} (loss {v['loss']:.4g}, r {v['proximity']:.2e})"
                                       for v in found))


def the_main_study_as_ever():
    """Its close visits begin, come closest and end where they did when only close ones were known."""
    succeed(MAIN, "-o", "main.h5", "-q", "--set", 'output.weights="events"')
    right = [(2764.89813916, 2777.502004, 3074.017319), (3086.856157, 3119.722539, 7499.99497), (7941.07433, None, None)]
    found = visits("main.h5")
    assert len(found) == 3 and all(visit["depth"] == "close" for visit in found), found
    for visit, times in zip(found, right):
        for name, time_of in zip(("enter_time", "closest_time", "leave_time"), times):
            assert time_of is None or abs(visit[name] / time_of - 1) < 1e-7, (name, visit[name], time_of)
    assert np.isnan(found[2]["leave_time"])


def stored_runs_tell_the_same():
    """Found again on the stored steps, with the prominence of the run: the recorded rows."""
    for name in PROBLEMS:
        recorded = printed(saddles(file_of(name)))
        again = printed(saddles(file_of(name), "--prominence", "2"))
        assert len(again) == len(recorded), (name, recorded, again)
        with h5py.File(file_of(name)) as run:
            times = run["time"][:]
        for a, b in zip(recorded, again):
            assert a[:2] == b[:2], (name, a, b)
            for x, y in zip(a[2:], b[2:]):  # times of steps instead of located ones
                k = np.searchsorted(times, x) if not np.isnan(x) else 0
                assert (np.isnan(x) and np.isnan(y)) or abs(y - x) <= times[min(k + 2, len(times) - 1)] - times[max(k - 3, 0)], (name, a, b)


def a_run_that_recorded_close_visits_only():
    for name in ("linear", "diagonal", "leaky"):
        study = PROBLEMS[name][0]
        with open("close.toml", "w") as out:
            out.write(study)
        succeed("close.toml", "-o", "close.h5", "--force", "-q", "--set", "events.saddle.prominence=0")
        assert all(v["depth"] == "close" for v in visits("close.h5")), name
        found = printed(saddles("close.h5", "--prominence", "2"))
        assert len(found) == len(PROBLEMS[name][1]), (name, found)
        # All weights are stored: the saddles of the plateaus follow, without integrating again.
        out = saddles("close.h5", "--prominence", "2", "--refine")
        assert name == "leaky" or out.count("saddle  ") == len(PROBLEMS[name][1]) - 1, (name, out)
    assert len(printed(saddles("diagonal.h5", "--prominence", "5"))) < len(PROBLEMS["diagonal"][1])


def weights_that_are_not_stored():
    with open("few.toml", "w") as out:
        out.write(PROBLEMS["diagonal"][0] + '[output]\nweights = "events"\n')
    succeed("few.toml", "-o", "few.h5", "-q", "--set", "events.saddle.prominence=0")
    out = saddles("few.h5", "--prominence", "2", "--refine", "-o", "few-saddles.h5")
    assert "no weights are stored between enter and leave" in out, out
    with h5py.File("few-saddles.h5") as file:
        assert list(file["saddles/critical_point"][:3]) == [-1, -1, -1], file["saddles/critical_point"][:]


def no_far_point_is_the_saddle_of_a_visit():
    """The second plateau of this run is above no saddle that Newton's method finds from it."""
    succeed(os.path.join(os.path.dirname(MAIN), "leaky-relu.toml"), "-o", "leaky.h5", "--force", "-q",
            "--set", 'output.weights="events"')
    out = saddles("leaky.h5", "-o", "leaky-saddles.h5")
    with h5py.File("leaky-saddles.h5") as file:
        table = file["saddles"]
        points, distance, loss = table["critical_point"][:], table["closest_distance"][:], table["loss"][:]
        assert len(points) == 2 and points[0] >= 0 and points[1] == -1, points
        assert abs(file["catalogue/loss"][points[0]] / loss[0] - 1) < 0.05
        assert distance[0] < 0.1 < distance[1], distance
    assert "where the refinement from this visit ended" in out, out
    print(f"leaky ReLU: distances {distance[0]:.3f} (its saddle), {distance[1]:.3f} (far: none)")


def how_near_it_came():
    out = succeed(MAIN, "-o", "short.h5", "--set", "flow.t_end=1000")
    with h5py.File("short.h5") as run:
        least = run["proximity"][:].min()
    assert f"no critical point was visited: r came down to {least:.2e}" in out, out
    assert "r came down to" in saddles("short.h5") and "r came down to" in saddles("short.h5", "--refine")
    assert "was visited" not in succeed(MAIN, "-o", "none.h5", "--set", "flow.t_end=1000", "--set",
                                        "events.saddle.enabled=false")


def a_kill_in_a_dip():
    """Resumed in the middle of a shallow visit: every dataset as that of the whole run."""
    study, sets = "kill.toml", ("--set", "output.checkpoint_seconds=0.01")
    with open(study, "w") as out:
        out.write(PROBLEMS["leaky"][0])
    succeed(study, "-o", "whole.h5", "-q", *sets)
    for pause in (0.05, 0.1, 0.2):
        for name in ("cut.h5", "cut.ckpt.h5"):
            if os.path.exists(name):
                os.remove(name)
        process = subprocess.Popen([os.path.join(BIN, "sf-flow"), study, "-o", "cut.h5", "-q", *sets])
        while not os.path.exists("cut.ckpt.h5"):  # written with the first row, however busy the machine is
            time.sleep(0.001)
        time.sleep(pause)
        process.send_signal(signal.SIGINT)
        assert process.wait() in (0, 130), process.returncode
        rows = h5py.File("cut.h5")["time"].shape[0]
        succeed(study, "-o", "cut.h5", "--resume", "-q", *sets)
        with h5py.File("whole.h5") as a, h5py.File("cut.h5") as b:
            names = []
            a.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
            assert all(np.array_equal(a[n][()], b[n][()], equal_nan=a[n].dtype.kind == "f") for n in names if n != "config/toml")
        print(f"interrupted after {rows} rows: all {len(names)} datasets are the same")


def bad_prominences():
    with open("bad.toml", "w") as out:
        out.write(PROBLEMS["linear"][0])
    one_line(flow("bad.toml", "-o", "bad.h5", "--set", "events.saddle.prominence=0.5"), 2, "events.saddle.prominence", "0.5")
    one_line(flow("bad.toml", "-o", "bad.h5", "--set", "events.saddle.prominence=-1"), 2, "events.saddle.prominence")


def test():
    every_plateau_and_no_other()
    the_main_study_as_ever()
    stored_runs_tell_the_same()
    a_run_that_recorded_close_visits_only()
    weights_that_are_not_stored()
    no_far_point_is_the_saddle_of_a_visit()
    how_near_it_came()
    a_kill_in_a_dip()
    bad_prominences()


in_temporary_folder(test)
