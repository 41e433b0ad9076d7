"""SIGKILL at random moments: kill_test.py HELPER [TRIALS [SEED]]. No flushed row may be lost, by reading or resuming."""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np

from helper import HELPER, open_with_xarray, run

TRIALS = int(sys.argv[2]) if len(sys.argv) > 2 else 10
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(10**6)
COLUMNS = ["time", "step", "loss", "layer_norm", "neuron_norm", "weights", "snapshot_time", "events/value",
           "saddles/point", "saddles/eigenvalues", "sliding_count",
           "mode_changes/change_time", "mode_changes/sample"]
PAGE = 4096  # bytes, the smallest page of memory of a Linux machine
STREAM = {"weights": 1, "snapshot_time": 1, "events": 2, "saddles": 3, "mode_changes": 4}  # all others: 0


def kill_at_random(path, generator, early):
    """Starts a writer, kills it while it creates the file (early) or adds rows; returns the row counts of its last
    flush and of its last checkpoint."""
    with open(path + ".log", "wb") as log:
        child = subprocess.Popen([HELPER, "stream", path, str(generator.randrange(10**6))], stdout=log)
        while not early and os.path.getsize(path + ".log") == 0:
            time.sleep(0.001)  # however slow the machine: until something has been flushed
        time.sleep(generator.uniform(0, 0.03 if early else 0.6))
        child.send_signal(signal.SIGKILL)
        child.wait()
    last = {"flushed": [0] * 5, "checkpoint": None}
    with open(path + ".log") as log:
        for line in log.read().split("\n")[:-1]:
            word, *counts = line.split()
            last[word] = list(map(int, counts))
    flushed = [max(a, b) for a, b in zip(last["flushed"], last["checkpoint"] or last["flushed"])]
    return flushed, last["checkpoint"]


def check_as_it_lies(path, flushed):
    """The killed file, before anything has repaired it."""
    with h5py.File(path, "r", swmr=True) as file:
        for name in COLUMNS:
            rows = flushed[STREAM.get(name.split("/")[0], 0)]
            data = file[name][:rows]
            assert len(data) == rows and not np.isnan(data.astype(float)).any(), (name, len(data), rows)


def header_bytes(content, address):
    """The place [begin, end) of the object header (version 2) at that address, with its checksum."""
    assert content[address:address + 5] == b"OHDR\x02", content[address:address + 5]
    flags = content[address + 5]
    before = 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)  # times, limits of attributes
    width = 1 << (flags & 3)
    size = int.from_bytes(content[address + before:address + before + width], "little")
    return address, address + before + width + size + 4


def check_pages(path):
    """A kill tears a write where a page of memory ends: what is written again and again has no such place."""
    content = open(path, "rb").read()
    headers = []
    with h5py.File(path, "r", swmr=True) as file:
        strategy = file.id.get_create_plist().get_file_space_strategy()[0]
        assert strategy == h5py.h5f.FSPACE_STRATEGY_PAGE, strategy
        file.visititems(lambda name, item: headers.append((name, h5py.h5o.get_info(item.id).addr)))
    assert len(headers) > 50
    for name, address in headers:
        begin, end = header_bytes(content, address)
        assert begin // PAGE == (end - 1) // PAGE, (name, begin, end)


def check_early(path):
    """Killed before the first flush: nothing to lose, but what is there must be read, or refused in one clear line."""
    result = subprocess.run([HELPER, "check", path], capture_output=True, text=True)
    assert result.returncode in (0, 2, 4), result
    if result.returncode:
        assert result.stderr.startswith(path + ": ") and len(result.stderr.splitlines()) == 1, result.stderr


def check_recovered(path, flushed):
    *counts, state = run("check", path).split(maxsplit=5)
    assert state.strip() == "killed closed recovered", state
    assert all(int(found) >= wanted for found, wanted in zip(counts, flushed)), (counts, flushed)
    open_with_xarray(path)
    assert run("check", path).split()[:6] == counts + ["killed"]
    return list(map(int, counts))


def check_resumed(path, checkpoint, whole):
    """From the checkpoint to the end: every dataset as if nothing had happened."""
    with h5py.File(path[:-3] + ".ckpt.h5", "r") as file:
        saved = file.attrs["rows"].tolist()
    # The kill may have come between the checkpoint and the line that announces it.
    assert all(found >= wanted for found, wanted in zip(saved, checkpoint)), (saved, checkpoint)
    rows = saved[0] + 100
    run("resume", path, 1, rows)
    assert run("check", path).split()[5] == "reached_end"
    run("stream", whole, 1, rows)
    with h5py.File(path, "r") as a, h5py.File(whole, "r") as b:
        names = []
        a.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        assert len(names) > 50
        for name in names:
            assert a[name].shape == b[name].shape, (name, a[name].shape, b[name].shape)
            assert a[name][()].tobytes() == b[name][()].tobytes() if a[name].shape else True, name


generator = random.Random(SEED)
print(f"seed {SEED}")
killed_while_writing = resumed = rows_kept = 0
for trial in range(TRIALS):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "killed.h5")
        flushed, checkpoint = kill_at_random(path, generator, early=trial % 5 == 4)
        if flushed[0] == 0:
            check_early(path)
            continue
        killed_while_writing += 1
        rows_kept += flushed[0]
        copy = os.path.join(folder, "copy.h5")
        shutil.copy(path, copy)
        check_as_it_lies(path, flushed)
        check_pages(path)
        check_recovered(path, flushed)
        if checkpoint:
            resumed += 1
            # One resume of a file as the kill left it, one of the recovered file.
            chosen = copy if trial % 2 else path
            if chosen == copy:
                shutil.copy(path[:-3] + ".ckpt.h5", copy[:-3] + ".ckpt.h5")
            check_resumed(chosen, checkpoint, os.path.join(folder, "whole.h5"))
print(f"{killed_while_writing} of {TRIALS} killed while writing, {rows_kept} flushed rows, all kept; {resumed} resumed")
assert killed_while_writing >= TRIALS * 4 // 5
