"""Every kind of bad input gives one clear line and the right exit status, and spoils nothing."""
import hashlib
import os
import shutil
import subprocess
import sys

import h5py
import numpy as np

from tool import MAIN, flow, in_temporary_folder, one_line, succeed

HEAD = "[network]\nlayers = [2, 3, 1]\n[flow]\nt_end = 0.1\n"
GOOD = "x1,x2,y1\n1,2,3\n4,5,6\n"


def write(name, text):
    with open(name, "w") as file:
        file.write(text)
    return name


def study(extra="", head=HEAD, name="s.toml"):
    return write(name, head + extra)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def study_files():
    one_line(flow("missing.toml"), 4, "missing.toml")
    one_line(flow(study("[network\n")), 2, "s.toml:5", "TOML")
    one_line(flow(study("rtoll = 1")), 2, "s.toml:5", "flow.rtoll", "flow.rtol")
    one_line(flow(study("rtol = 2.0")), 2, "flow.rtol", "2.0", "1e-17..0.1")
    one_line(flow(study("", "[network]\nslope = 0.0\n")), 2, "network.layers", "missing")
    one_line(flow(study("", "[network]\nlayers = [3]\n")), 2, "network.layers", "at least inputs and outputs")
    one_line(flow(study(), "--set", "flow.stepper=euler"), 2, "flow.stepper", "euler", "rodas5p")
    one_line(flow(study(), "--set", "flow.stepper=rkc2", "--set", "flow.rtol=1e-11"), 2, "flow.rtol", "1e-11", "rkc2",
             "at least 1e-10")
    one_line(flow(study(), "--set", "events.saddle.leave=1e-3"), 2, "events.saddle.leave", "events.saddle.enter")
    one_line(flow(study('[[events.level]]\nquantity = "los"\nvalue = 1\n')), 2, "events.level.quantity", "los", "loss")
    one_line(flow(study(), "--sett", "x"), 2, "--sett")
    one_line(flow(study(), "--force", "--resume"), 2, "--force", "--resume")


def data_files():
    with_file = '[data]\nfile = "data.csv"\n'
    one_line(flow(study(with_file)), 2, "data.csv")
    for text, *words in [
        (GOOD.replace("5", "five"), "data.csv", "line 3", "x2", "five"),
        (GOOD.replace("5", "nan"), "data.csv", "line 3", "x2", "nan"),
        (GOOD.replace("5", ""), "data.csv", "line 3", "x2"),
        (GOOD + "7,8\n", "data.csv", "line 4"),
        ("a,b,c\n1,2,3\n", "data.csv", "header"),
        ("x1,x2,y1\n", "data.csv"),
        ("x1,y1\n1,2\n", "network.layers", "inputs"),
        ("x1,x2,y1,y2\n1,2,3,4\n", "network.layers", "outputs"),
    ]:
        write("data.csv", text)
        one_line(flow(study(with_file)), 2, *words)
    write("data.csv", GOOD)
    one_line(flow(study(with_file + '[loss]\nkind = "logistic"\n')), 2, "logistic")


def hdf5_files():
    with_file = '[data]\nfile = "data.h5"\n'
    write("data.h5", "not HDF5 at all")
    one_line(flow(study(with_file)), 2, "data.h5")
    with h5py.File("data.h5", "w") as file:
        file["inputs"] = np.ones((4, 2))
    one_line(flow(study(with_file)), 2, "data.h5", "targets")
    with h5py.File("data.h5", "a") as file:
        file["targets"] = np.ones((3, 1))
    one_line(flow(study(with_file)), 2, "data.h5")
    # The same names as a run to resume, start from, or report.
    one_line(flow(study(), "-o", "data.h5", "--resume"), 2, "data.h5")
    one_line(flow(study('[init]\nkind = "run"\nfile = "data.h5"\n')), 2, "data.h5")


def output_files():
    succeed(study(), "-o", "run.h5", "-q")
    before = digest("run.h5")
    one_line(flow(study(), "-o", "run.h5"), 2, "run.h5", "--force")
    assert digest("run.h5") == before
    one_line(flow(study(), "-o", "run.h5", "--resume", "--set", "flow.rtol=1e-5"), 2, "run.h5", "another study")
    assert digest("run.h5") == before
    one_line(flow(study(), "-o", "no/such/folder/run.h5"), 4, "no/such/folder")
    one_line(flow(study(), "-o", "/proc/run.h5"), 4, "/proc/run.h5")
    with open("run.h5", "r+b") as file:
        file.truncate(3000)
    result = flow(study(), "-o", "run.h5", "--resume")
    assert result.returncode in (2, 4) and len(result.stderr.splitlines()) == 1, result.stderr
    print(f"truncated: {result.stderr.strip()}")


def read_only_folder():
    os.mkdir("ro")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", "ro"], capture_output=True).returncode != 0:
        print("read-only folder: not tried, mounting is not permitted")
        return
    try:
        one_line(flow(study(), "-o", "ro/run.h5"), 4, "ro/run.h5")
        assert os.listdir("ro") == []
    finally:
        subprocess.run(["umount", "ro"], check=True)


def full_disk():
    # Full while rows are written, and when the finished run is to get its summary, in a copy.
    full_disk_with("--set", "output.weights=all")
    full_disk_with()


def full_disk_with(*sets):
    os.makedirs("small", exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", "small"], capture_output=True).returncode != 0:
        print("full disk: not tried, mounting is not permitted")
        return
    try:
        one_line(flow(MAIN, "-o", "small/run.h5", "-q", *sets), 4, "small/run.", "space")  # the run file or its checkpoint
        if os.path.exists("small/run.h5"):
            shutil.copy("small/run.h5", "copy.h5")
            with h5py.File("copy.h5", "r", swmr=True) as file:
                reason = file["run"].attrs["stop_reason"]
            assert reason in ("running", b"running"), f"a half-written file says {reason}"
    finally:
        subprocess.run(["umount", "small"], check=True)


def main():
    for test in (study_files, data_files, hdf5_files, output_files, read_only_folder, full_disk):
        test()


in_temporary_folder(main)
