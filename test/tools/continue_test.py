"""sf-flow --resume starts a run, or goes on with one: a later end, a looser stop, more recordings, each bit by bit as if
asked for at once; what is another study is refused by its key; a log has progress lines; a reader in the way is named."""
import os
import re
import shutil
import subprocess
import sys
import time

import h5py
import numpy as np

from tool import BIN, MAIN, STUDIES, flow, in_temporary_folder, one_line, succeed

FAST = ("--set", "output.checkpoint_seconds=0.02")


def same(a, b, but=()):
    """All datasets of two files, and the numbers of /run but times."""
    with h5py.File(a) as x, h5py.File(b) as y:
        names = {k: [] for k in (a, b)}
        for file, name in ((x, a), (y, b)):
            file.visititems(lambda key, item, name=name: names[name].append(key) if isinstance(item, h5py.Dataset) else None)
        assert names[a] == names[b], set(names[a]) ^ set(names[b])
        for key in names[a]:
            if key in but:
                continue
            u, v = x[key][()], y[key][()]
            assert np.array_equal(u, v, equal_nan=x[key].dtype.kind == "f"), (a, b, key)
        texts = {k: v for k, v in x["run"].attrs.items() if k != "wall_seconds"}
        others = {k: v for k, v in y["run"].attrs.items() if k != "wall_seconds"}
        assert texts == others, {k: (texts.get(k), others.get(k)) for k in texts.keys() | others.keys()
                                 if texts.get(k) != others.get(k)}
        return x["time"].shape[0]


def whole_and_extended(study, first, then, *sets, note=False):
    """A run to `first`, resumed to `then`, against one to `then`."""
    for name in ("part.h5", "part.ckpt.h5", "whole.h5", "whole.ckpt.h5"):
        if os.path.exists(name):
            os.remove(name)
    succeed(study, "-o", "part.h5", "-q", *FAST, *sets, *first)
    with h5py.File("part.h5") as file:
        rows = file["time"].shape[0]
    result = flow(study, "-o", "part.h5", "--resume", *FAST, *sets, *then)
    assert result.returncode == 0, result.stderr
    assert ("integrated from the start" in result.stderr) == note, result.stderr
    succeed(study, "-o", "whole.h5", "-q", *FAST, *sets, *then)
    print(f"{os.path.basename(study)} {' '.join(first[1::2])} then {' '.join(then[1::2])}: {rows} then {same('part.h5', 'whole.h5')} rows")


def ends(*times):
    return [("--set", f"flow.t_end={t}") for t in times]


def later_ends():
    for study, first, then in ((MAIN, 2900, 9000), (os.path.join(STUDIES, "linear-exact.toml"), 4, 37),
                               (os.path.join(STUDIES, "circle.toml"), 0.2, 3),
                               # in a slide, and between two visits
                               (os.path.join(STUDIES, "leaky-relu.toml"), 20, 45), (os.path.join(STUDIES, "leaky-relu.toml"), 26.5, 40),
                               # in the late phase
                               (os.path.join(STUDIES, "late-phase.toml"), 1e20, 1e60)):
        whole_and_extended(study, *ends(first, then))


def in_the_polar_chart():
    """The end is found on the dense output there: near the origin, and where the later end is in the other chart."""
    for first, then in ((1000, 2000), (2740, 5000)):
        whole_and_extended(MAIN, *ends(first, then), "--set", "init.scale=1e-3")
    whole_and_extended(MAIN, *ends(1e12, 2e12), "--set", "init.scale=1e-12", "--set", "flow.t_end_from=\"start\"")


def twice():
    succeed(MAIN, "-o", "steps.h5", "-q", *FAST, *ends(2800)[0])
    for t in (3000, 3100, 8000):
        succeed(MAIN, "-o", "steps.h5", "--resume", "-q", *FAST, *ends(t)[0])
    succeed(MAIN, "-o", "once.h5", "-q", *FAST, *ends(8000)[0])
    same("steps.h5", "once.h5")
    with h5py.File("steps.h5") as file:
        assert len(file.attrs["history"].splitlines()) == 4
        assert "t_end = 8000" in file["config/toml"][()].decode()


def looser_stops():
    whole_and_extended(MAIN, ("--set", "events.saddle.stop_after=1"), ("--set", "events.saddle.stop_after=2"))
    whole_and_extended(MAIN, ("--set", "events.saddle.stop_after=1"), ("--set", "events.saddle.stop_after=0"))
    whole_and_extended(MAIN, ("--set", "events.escape.terminal=true"), ("--set", "events.escape.terminal=false"), *ends(4000)[0])
    level = 'events.level=[{{quantity="loss",value=0.1,terminal={}}}]'
    whole_and_extended(MAIN, ("--set", level.format("true")), ("--set", level.format("false")), *ends(4000)[0])
    # A run that had to stop in the middle.
    result = flow(MAIN, "-o", "part.h5", "--force", *FAST, "--set", "flow.max_steps=300")
    assert "stopped: step_limit" in result.stdout, result.stdout + result.stderr
    succeed(MAIN, "-o", "part.h5", "--resume", "-q", *FAST)
    succeed(MAIN, "-o", "whole.h5", "--force", "-q", *FAST)
    same("part.h5", "whole.h5")


def more_recordings():
    """A checkpoint does not know what was not looked at: the same trajectory is integrated once more."""
    whole_and_extended(MAIN, ("--set", "output.weights=\"events\""), ("--set", "output.weights=\"all\""), *ends(3000)[0], note=True)
    whole_and_extended(MAIN, ("--set", "flow.t_end=3000"),
                       ("--set", "flow.t_end=3500", "--set", 'events.level=[{quantity="loss",value=0.5}]'), note=True)


def without_a_file_it_starts():
    succeed(MAIN, "-o", "new.h5", "--resume", "-q", *ends(100)[0])
    succeed(MAIN, "-o", "old.h5", "-q", *ends(100)[0])
    same("new.h5", "old.h5")
    # A finished run of the same study is shown, its file untouched.
    before = open("new.h5", "rb").read()
    assert "stopped: reached_end" in succeed(MAIN, "-o", "new.h5", "--resume", *ends(100)[0])
    assert open("new.h5", "rb").read() == before
    # Without its checkpoint a run is integrated once more.
    os.remove("new.ckpt.h5")
    result = flow(MAIN, "-o", "new.h5", "--resume", *ends(200)[0])
    assert result.returncode == 0 and "no checkpoint beside it" in result.stderr, result.stderr


def refusals():
    succeed(MAIN, "-o", "r.h5", "-q", *ends(3000)[0])
    for sets, key in ((("init.scale=1e-4",), "init.scale"), (("flow.rtol=1e-9",), "flow.rtol"), (("data.seed=2",), "data.seed"),
                      (("network.power=3",), "network.power")):
        arguments = [word for s in (*sets, "flow.t_end=4000") for word in ("--set", s)]
        one_line(flow(MAIN, "-o", "r.h5", "--resume", *arguments), 2, "r.h5", key + ": found", "as in the run")
    one_line(flow(MAIN, "-o", "r.h5", "--resume", *ends(2000)[0]), 2, "r.h5", "flow.t_end: found 2000", "3000")
    one_line(flow(MAIN, "-o", "r.h5", "--resume", *ends(4000)[0], "--set", "events.saddle.stop_after=1"), 2,
             "events.saddle.stop_after: found 1")
    # Less than there is would be lost: weights, events, a test set; also beside a stop that is later, or earlier.
    level = 'events.level=[{quantity="loss",value=0.5}]'
    succeed(MAIN, "-o", "r.h5", "--force", "-q", *ends(3000)[0], "--set", "output.weights=all", "--set", level, "--set", "data.test_samples=5")
    before = open("r.h5", "rb").read()
    kept = {"output.weights": ("--set", "output.weights=all"), "events.level": ("--set", level),
            "data.test_samples": ("--set", "data.test_samples=5")}
    for lost in kept:
        others = [word for key, words in kept.items() if key != lost for word in words]
        for t in (4000, 3000):
            one_line(flow(MAIN, "-o", "r.h5", "--resume", *ends(t)[0], *others), 2, "r.h5", lost, "more to be recorded")
    one_line(flow(MAIN, "-o", "r.h5", "--resume", *ends(4000)[0], *[w for words in kept.values() for w in words],
                  "--set", "events.saddle.enter=0.02"), 2, "events.saddle.enter", "more to be recorded")
    more = [w for words in kept.values() for w in words] + ["--set", 'events.escape.by=["loss","norm"]']
    one_line(flow(MAIN, "-o", "r.h5", "--resume", *ends(2000)[0], *more), 2, "flow.t_end: found 2000")
    assert open("r.h5", "rb").read() == before


def a_reader_in_the_way():
    succeed(MAIN, "-o", "held.h5", "-q", *ends(100)[0])
    reader = subprocess.Popen([sys.executable, "-c", "import h5py, sys, time; f = h5py.File('held.h5'); print('open', flush=True); time.sleep(60)"],
                              stdout=subprocess.PIPE, text=True)
    reader.stdout.readline()
    one_line(flow(MAIN, "-o", "held.h5", "--resume", "-q", *ends(200)[0]), 4, "held.h5", f"process {reader.pid} (", "close it there")
    one_line(flow(MAIN, "-o", "held.h5", "--force", "-q", *ends(200)[0]), 4, "held.h5", f"process {reader.pid} (", "close it there")
    reader.kill()
    reader.wait()
    succeed(MAIN, "-o", "held.h5", "--resume", "-q", *ends(200)[0])


def a_log_has_lines():
    result = flow(os.path.join(STUDIES, "leaky-relu.toml"), "-o", "log.h5", "--set", "flow.rtol=1e-13", "--set", "flow.t_end=3e3",
                  "--set", "flow.max_steps=40000", timeout=300)
    lines = result.stderr.splitlines()
    assert lines and all(re.match(r"t \S+ of 3000, loss ", line) for line in lines), result.stderr
    assert "\r" not in result.stderr
    print(f"{len(lines)} progress lines in a log, the first: {lines[0]}")
    assert flow(os.path.join(STUDIES, "leaky-relu.toml"), "-o", "log.h5", "--force", "-q").stderr == ""


def test():
    later_ends()
    in_the_polar_chart()
    twice()
    looser_stops()
    more_recordings()
    without_a_file_it_starts()
    refusals()
    a_reader_in_the_way()
    a_log_has_lines()


in_temporary_folder(test)
