"""A growing network's file, replaced after every round: grow_test.py HELPER [TRIALS [SEED]]. Whole at every moment, for a
reader while it grows and after a SIGKILL, with every round that was announced."""
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np

from helper import HELPER, figure, open_with_xarray

TRIALS = int(sys.argv[2]) if len(sys.argv) > 2 else 10
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(10**6)


def start(path, generator, log):
    child = subprocess.Popen([HELPER, "grow", path, str(generator.randrange(10**6))], stdout=log)
    while os.path.getsize(log.name) == 0:
        time.sleep(0.001)
        assert child.poll() is None, child.returncode
    return child


def announced(path):
    with open(path) as log:
        return int(log.read().split("\n")[-2].split()[1])


def check(path, least):
    """Returns the number of rounds; opened without SWMR, as a file that nobody is writing."""
    with h5py.File(path, "r") as file:
        rounds = len(file["rounds/round"])
        assert rounds >= least, (rounds, least)
        assert file["network"].attrs["layer_sizes"].tolist() == [3, rounds, 1]
        assert file["rounds/neurons"][()].tolist() == [[k + 1, -1] for k in range(rounds)]
        weights = file["weights"][()]
        assert weights.shape == (2 * rounds, 4 * rounds) and file["time"].shape == (3 * rounds,)
        expected = [[figure(10, k, j) if j < 4 * (k // 2 + 1) else np.nan for j in range(4 * rounds)]
                    for k in range(2 * rounds)]
        assert np.allclose(weights, expected, rtol=1e-12, atol=0, equal_nan=True)
        return rounds, file.attrs["run_id"]


generator = random.Random(SEED)
print(f"seed {SEED}")
rounds_seen = looks = 0
for trial in range(TRIALS):
    with tempfile.TemporaryDirectory() as folder:
        path, log_path = os.path.join(folder, "run.h5"), os.path.join(folder, "log")
        with open(log_path, "wb") as log:
            child = start(path, generator, log)
            # However slow the machine: after some rounds, at any moment of the next.
            deadline, least, found = time.monotonic() + generator.uniform(0.02, 0.5), generator.randrange(1, 5), 0
            while time.monotonic() < deadline or announced(log_path) < least:
                if trial % 2:
                    found, first_id = check(path, found)
                    looks += 1
                time.sleep(0.005)
            child.send_signal(signal.SIGKILL)
            assert child.wait() == -signal.SIGKILL
        rounds, run_id = check(path, max(found, announced(log_path)))
        assert not found or run_id == first_id
        assert rounds <= announced(log_path) + 1, (rounds, announced(log_path))
        rounds_seen += rounds
        if trial % 5 == 0:  # it takes longer than all else
            open_with_xarray(path, ["/", "network", "rounds"])
print(f"{rounds_seen} rounds in {TRIALS} files, all whole, {looks} looks while they grew")
assert rounds_seen > TRIALS and looks > 0
