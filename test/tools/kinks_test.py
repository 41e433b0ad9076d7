"""A run whose activation has kinks: what is recorded of them, --verify, Ctrl-C in a slide and --resume, kinks that are
ignored."""
import os
import re
import signal
import subprocess
import time

import h5py
import numpy as np

from run_file import counters, datasets, same
from tool import BIN, STUDIES, in_temporary_folder, succeed

CROSS, ENTER, RELEASE, BRANCH = 0, 1, 2, 3
SMALL = [os.path.join(STUDIES, "leaky-relu.toml"), "--set", "network.layers=[6, 10, 1]", "--set", "data.samples=40",
         "--set", "flow.t_end=50.0"]


def modes_are_recorded():
    text = succeed(*SMALL, "-o", "run.h5")
    file = datasets("run.h5")
    kind, side, times = (file["mode_changes/" + name] for name in ("kind", "side", "change_time"))
    with h5py.File("run.h5") as run:
        flags = run["mode_changes/kind"].attrs
        assert list(flags["flag_values"]) == [CROSS, ENTER, RELEASE, BRANCH]
        assert flags["flag_meanings"] == "cross enter release branch", flags["flag_meanings"]
        most = run["run"].attrs["most_sliding"]
    count, held = (int(x) for x in re.search(r"kinks: +(\d+) changes of the mode, at most (\d+) ", text).groups())
    assert count == len(kind) and held == most > 0, (count, len(kind), held, most)
    assert (np.diff(times) >= 0).all() and times[0] > 0 and times[-1] <= 50
    assert ((side == 0) == (kind == ENTER)).all()
    alternates(file)
    slides = np.cumsum((kind == ENTER).astype(int) - (kind == RELEASE))
    # Changes at one time are one change of the mode.
    last = np.append(np.diff(times) > 0, True)
    assert slides[last].min() >= 0 and slides[last].max() == most, (slides[last].max(), most)
    assert slides[-1] == file["sliding_count"][-1]
    print(f"{count} changes: {(kind == CROSS).sum()} crossings, {(kind == ENTER).sum()} slides, "
          f"{(kind == RELEASE).sum()} released, at most {most} at once")
    assert min((kind == k).sum() for k in (CROSS, ENTER, RELEASE)) > 0


def alternates(file):
    """What crosses or enters comes from a side, what is released from a slide."""
    places, names = {}, [name for name in ("layer", "neuron", "sample", "patch") if f"mode_changes/{name}" in file]
    for row in range(len(file["mode_changes/kind"])):
        place = tuple(int(file["mode_changes/" + name][row]) for name in names)
        kind, side = file["mode_changes/kind"][row], file["mode_changes/side"][row]
        before = places.get(place)
        if before is not None:
            assert before != side and (before == 0) == (kind == RELEASE), (row, place, before, kind, side)
        places[place] = side


def verify_counts_them():
    text = succeed(*SMALL, "-o", "verified.h5", "--verify")
    line = re.search(r"verify: +path error .*event sequence unchanged, (\d+) changes of the mode unchanged\n", text)
    assert line, text
    with h5py.File("verified.h5") as file:
        assert int(line.group(1)) == len(file["mode_changes/kind"])
        assert file["run"].attrs["mode_sequence_confirmed"] == 1
        assert file["run"].attrs["path_error_estimate"] < 1e-6
    print(line.group(0).strip())


def convolutions_say_which_patch():
    patches = 4
    text = succeed(*SMALL, "--set", 'network.kind="convolution"', "--set", "network.layers=[6, 4, 1]", "--set",
                   "network.kernel=3", "-o", "patches.h5", "--verify")
    line = re.search(r"verify: +path error .*event sequence unchanged, (\d+) changes of the mode unchanged\n", text)
    assert line, text
    file = datasets("patches.h5")
    sample, patch, kind = (file["mode_changes/" + name] for name in ("sample", "patch", "kind"))
    assert 0 <= sample.min() and sample.max() < 40, (sample.min(), sample.max())
    assert set(patch) == set(range(patches)), set(patch)
    alternates(file)
    slides = (kind == ENTER).sum()
    assert slides > 0 and "mode_changes/patch" not in datasets("run.h5")
    report = subprocess.run([os.path.join(BIN, "sf-report"), "patches.h5", "-o", "patches.html"], capture_output=True, text=True)
    assert report.returncode == 0, report.stderr
    assert f'"patches":{patches}' in open("patches.html").read()
    print(f"convolution: {len(kind)} changes at {patches} patches, {slides} slides; {line.group(0).strip()}")


def an_interrupted_slide_goes_on_bit_by_bit():
    # Long enough to be hit.
    arguments = SMALL + ["--set", "flow.rtol=1e-13", "--set", "flow.t_end=500.0",
                         "--set", "output.checkpoint_seconds=0.03"]
    start = time.time()
    succeed(*arguments, "-o", "whole.h5", "-q")
    duration = time.time() - start
    expected, expected_counters = datasets("whole.h5"), counters("whole.h5")
    sliding = []
    for part in (0, 0.05, 0.1, 0.2, 0.3, 0.4):
        for name in ("cut.h5", "cut.ckpt.h5"):
            if os.path.exists(name):
                os.remove(name)
        child = subprocess.Popen([os.path.join(BIN, "sf-flow"), *arguments, "-o", "cut.h5", "-q"])
        while not os.path.exists("cut.ckpt.h5"):  # written with the first row
            time.sleep(0.001)
        time.sleep(part * duration)
        child.send_signal(signal.SIGINT)
        if child.wait() == 0:
            continue
        assert child.returncode == 130, child.returncode
        assert counters("cut.h5")["stop_reason"] == "interrupted"
        sliding.append(int(datasets("cut.h5")["sliding_count"][-1]))
        succeed(*arguments, "-o", "cut.h5", "--resume", "-q")
        same(datasets("cut.h5"), expected)
        assert counters("cut.h5") == expected_counters
    print(f"interrupted with {sliding} pre-activations held, in a run of {duration:.2f} s; {len(expected)} datasets "
          "equal bit by bit")
    assert any(count > 0 for count in sliding), sliding


def ignored_kinks_are_not_recorded():
    text = succeed(*SMALL, "--set", 'flow.kinks="ignore"', "--set", "flow.t_end=5.0", "-o", "ignored.h5")
    assert "note: this activation has kinks; they are not followed here" in text and "kinks:" not in text, text
    with h5py.File("ignored.h5") as file:
        assert "mode_changes" not in file and "sliding_count" not in file, list(file)
        assert "mode_changes" not in file["run"].attrs, dict(file["run"].attrs)


def main():
    for test in (modes_are_recorded, verify_counts_them, convolutions_say_which_patch, an_interrupted_slide_goes_on_bit_by_bit,
                 ignored_kinks_are_not_recorded):
        test()


in_temporary_folder(main)
