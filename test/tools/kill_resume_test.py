"""kill -9 at random moments, then --resume: BIN_DIR STUDIES [TRIALS [SEED]]. Every dataset must equal the
uninterrupted run's, bit by bit. By hand, a hundred times:
    /usr/bin/python3 test/tools/kill_resume_test.py build/release/bin tools/studies 100"""
import os
import random
import signal
import subprocess
import time
import warnings

import h5py
import netCDF4  # noqa: F401  (its import warns of binary compatibility; only warnings of ours matter below)
import numpy as np
import xarray as xr

from run_file import counters, datasets, same
from tool import BIN, MAIN, MORE, in_temporary_folder, succeed

TRIALS = int(MORE[0]) if MORE else 10
SEED = int(MORE[1]) if len(MORE) > 1 else random.SystemRandom().randrange(10**6)
# Long enough to be hit, checkpoints dense enough to matter.
ARGUMENTS = [MAIN, "--set", "flow.rtol=1e-10", "--set", "output.checkpoint_seconds=0.03"]
GROUPS = ["/", "/network", "/problem", "/events", "/saddles", "/config", "/run"]


def opens_everywhere(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for engine in ("h5netcdf", "netcdf4"):
            for group in GROUPS:
                xr.open_dataset(path, engine=engine, group=group, decode_timedelta=False).close()


def look_at_killed(path):
    """The killed file as it lies, before any tool of ours has touched it."""
    with h5py.File(path, "r", swmr=True) as file:
        times = file["time"][:]
        assert (np.diff(times[~np.isnan(times)]) > 0).all()


def trial(generator, duration, expected, expected_counters):
    path = "run.h5"
    for name in (path, "run.ckpt.h5"):
        if os.path.exists(name):
            os.remove(name)
    resumes = 0
    arguments = ["-o", path]
    while True:
        child = subprocess.Popen([os.path.join(BIN, "sf-flow"), *ARGUMENTS, *arguments, "-q"])
        time.sleep(generator.uniform(0, duration))
        child.send_signal(signal.SIGKILL)
        if child.wait() == 0:
            break
        if os.path.exists(path):
            look_at_killed(path)
        if not os.path.exists("run.ckpt.h5"):  # killed before there was anything to lose
            arguments = ["-o", path, "--force"]
            continue
        arguments = ["-o", path, "--resume"]
        resumes += 1
        if resumes >= 3:
            succeed(*ARGUMENTS, *arguments, "-q")
            break
    same(datasets(path), expected)
    assert counters(path) == expected_counters, (counters(path), expected_counters)
    assert os.path.exists("run.ckpt.h5")  # from which a later end goes on
    return resumes


def main():
    print(f"seed {SEED}, {TRIALS} trials")
    durations = []
    for _ in range(2):  # the shorter one: the machine may be busy with something else
        start = time.time()
        succeed(*ARGUMENTS, "-o", "whole.h5", "-q", "--force")
        durations.append(time.time() - start)
    duration = min(durations)
    expected, expected_counters = datasets("whole.h5"), counters("whole.h5")
    generator = random.Random(SEED)
    resumes = [trial(generator, duration, expected, expected_counters) for _ in range(TRIALS)]
    opens_everywhere("run.h5")  # all are the same, bit by bit
    print(f"{sum(resumes)} resumes in {TRIALS} trials; {sum(r > 0 for r in resumes)} runs were killed and continued; "
          f"h5py opened every killed file with swmr=True; {len(expected)} datasets equal bit by bit in each")
    assert sum(resumes) > 0, "no kill hit a running integration"
    # A run interrupted by Ctrl-C leaves a whole file and goes on as well.
    os.remove("run.ckpt.h5")
    child = subprocess.Popen([os.path.join(BIN, "sf-flow"), *ARGUMENTS, "-o", "run.h5", "--force", "-q"])
    while not os.path.exists("run.ckpt.h5"):  # written with the first row
        time.sleep(0.001)
    time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    assert child.wait() == 130, child.returncode
    opens_everywhere("run.h5")
    with h5py.File("run.h5") as file:
        assert file["run"].attrs["stop_reason"] == "interrupted"
    succeed(*ARGUMENTS, "-o", "run.h5", "--resume", "-q")
    same(datasets("run.h5"), expected)
    assert counters("run.h5") == expected_counters
    interrupted_near_the_origin()
    interrupted_verification()


def interrupted_near_the_origin():
    """Ctrl-C while the weights are still of the order 1e-100, in the polar chart; the time to the escape is 1e100."""
    arguments = [MAIN, "--set", "flow.rtol=1e-11", "--set", "init.scale=1e-100", "--set", "flow.t_end=500.0",
                 "--set", 'flow.t_end_from="escape"', "--set", "flow.max_steps=20000"]
    start = time.time()
    succeed(*arguments, "-o", "far.h5", "-q", "--force")
    duration = time.time() - start
    expected, expected_counters = datasets("far.h5"), counters("far.h5")
    norms = expected["weight_norm"]
    norms_hit = []
    for wait in (0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4):
        for name in ("near.h5", "near.ckpt.h5"):
            if os.path.exists(name):
                os.remove(name)
        child = subprocess.Popen([os.path.join(BIN, "sf-flow"), *arguments, "-o", "near.h5", "-q"])
        while not os.path.exists("near.ckpt.h5"):
            time.sleep(0.001)
        time.sleep(wait * duration)
        child.send_signal(signal.SIGINT)
        if child.wait() == 0:
            continue
        assert child.returncode == 130, child.returncode
        norms_hit.append(datasets("near.h5")["weight_norm"][-1])
        succeed(*arguments, "-o", "near.h5", "--resume", "-q")
        same(datasets("near.h5"), expected)
        found = counters("near.h5")
        assert found == expected_counters, {name: (found.get(name), expected_counters.get(name))
                                            for name in found | expected_counters if found.get(name) != expected_counters.get(name)}
    print(f"from |w| = {norms[0]:.1e}: interrupted at |w| = " + ", ".join(f"{n:.1e}" for n in norms_hit) +
          "; resumed bit by bit")
    assert any(n < 1e-2 for n in norms_hit), norms_hit


def has_ended(path):
    """Whether a run that another process writes is whole; its file is locked or half renamed now and then."""
    try:
        with h5py.File(path, swmr=True) as file:
            return file["run"].attrs["stop_reason"] != "running"
    except (OSError, KeyError):
        return False


def interrupted_verification():
    """Ctrl-C while --verify integrates again: the run is whole, and nothing is claimed of it."""
    command = [os.path.join(BIN, "sf-flow"), *ARGUMENTS, "-o", "v.h5", "-q", "--verify"]
    child = subprocess.Popen(command)
    while not os.path.exists("v.ckpt.h5"):
        time.sleep(0.001)
    while not has_ended("v.h5"):
        time.sleep(0.001)
    time.sleep(0.1)
    child.send_signal(signal.SIGINT)
    assert child.wait() == 130, child.returncode
    with h5py.File("v.h5") as file:
        assert file["run"].attrs["stop_reason"] == "reached_end"
        assert "path_error_estimate" not in file["run"].attrs


in_temporary_folder(main)
