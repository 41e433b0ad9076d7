"""sf-limit: --help, V1 and the main study's path against sf-flow, the file, bad input."""
import os
import signal
import subprocess
import time

import h5py
import numpy as np
import xarray as xr

from tool import BIN, MAIN, in_temporary_folder, succeed

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
"""


def limit(*arguments, **options):
    return subprocess.run([os.path.join(BIN, "sf-limit"), *arguments], capture_output=True, text=True, **options)


def help_names_every_option():
    out = limit("--help").stdout
    for option in ("--kkt", "--starts", "--seed", "--rtol", "--output", "--set", "--force", "--quiet"):
        assert option in out, option


def scalar_product_is_exact():
    with open("v1.toml", "w") as file:
        file.write(SCALAR)
    result = limit("v1.toml", "-o", "v1.h5", "--rtol", "1e-12")
    assert result.returncode == 0, result.stderr
    with h5py.File("v1.h5") as file:
        t, w = file["snapshot_time"][:], file["weights"][:]
        s = 2.0
        exact = s / (1 + 2 * s * np.exp(-2 * s * t))
        error = np.max(np.abs(w[:, 0] * w[:, 1] / exact - 1))
        assert file["saddles/loss"][0] < 1e-25
        assert file["kkt"].attrs["run_point"] == 0
    print(f"V1: ab along the stored path, largest relative error {error:.1e}")
    assert error < 1e-10
    for engine in ("h5netcdf", "netcdf4"):
        for group in ("/", "/kkt", "/saddles"):
            xr.open_dataset("v1.h5", engine=engine, group=group, decode_timedelta=False).close()


def main_study_ends_at_the_first_saddle():
    """P3: the small start's first saddle is the end of the limit path of the KKT point that it goes to."""
    assert limit(MAIN, "-o", "limit.h5", "-q").returncode == 0
    succeed(MAIN, "-o", "flow.h5", "-q", "--set", "flow.t_end=3000")
    with h5py.File("limit.h5") as path, h5py.File("flow.h5") as run:
        end, saddle = path["saddles/loss"][0], run["saddles/loss"][0]
        dead = np.count_nonzero(path["weights"][-1] == 0)
        assert np.all((path["weights"][:] == 0) == (path["weights"][0] == 0)), "exact zeros stay exact"
        assert np.all(np.diff(path["time"][:]) > 0) and path["time"][0] < 0
    print(f"main study: limit path ends at loss {end:.9f}, the run's first saddle has {saddle:.9f}; {dead} exact zeros")
    assert abs(end / saddle - 1) < 1e-4
    assert dead == 19 * 11


def its_end_is_what_sf_saddles_says():
    """One classification: the words and numbers of sf-limit, its file, and sf-saddles on the run that visits the point."""
    words = limit(MAIN).stdout
    with h5py.File("limit.h5") as path, h5py.File("flow.h5") as run:
        names = path["catalogue/kind"].attrs["flag_meanings"].split()
        kind = names[path["catalogue/kind"][0]]
        counts = [path[f"catalogue/{name}"][0] for name in
                  ("index_negative", "index_zero_explained", "index_zero_unexplained", "index_positive")]
        assert path["saddles/critical_point"][:].tolist() == [0]
        assert run["saddles/index_negative"][0] > 0, "the closest approach has another Hessian than the point"
    index = "({}, {}, {}, {})".format(*counts)
    print(f"sf-limit: {kind} {index}")
    assert kind == "saddle" and f"end:     {kind}:" in words and index in words, words
    table = subprocess.run([os.path.join(BIN, "sf-saddles"), "flow.h5", "--refine"], capture_output=True, text=True).stdout
    row = next(line for line in table.splitlines() if line.split()[:2] == ["2", "saddle"])
    assert index in row, (index, table)


def one_line(result, code, *words):
    lines = result.stderr.splitlines()
    assert result.returncode == code and len(lines) == 1, (code, result.returncode, result.stderr)
    for word in words:
        assert word in lines[0], (word, lines[0])
    print(f"exit {code}: {lines[0]}")


def bad_input():
    one_line(limit("missing.toml"), 4, "missing.toml")
    one_line(limit("v1.toml", "-o", "v1.h5"), 2, "v1.h5", "--force")
    one_line(limit("v1.toml", "--kkt", "9"), 2, "9")
    one_line(limit("v1.toml", "--set", "data.given.targets=[[-0.0]]"), 2, "N = ")
    one_line(limit(MAIN, "--set", "network.power=1"), 2, "kinks")


def ctrl_c_writes_nothing():
    child = subprocess.Popen([os.path.join(BIN, "sf-limit"), MAIN, "--starts", "100000", "-o", "never.h5"])
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=60) == 130
    assert not os.path.exists("never.h5")


def main():
    for test in (help_names_every_option, scalar_product_is_exact, main_study_ends_at_the_first_saddle,
                 its_end_is_what_sf_saddles_says, bad_input,
                 ctrl_c_writes_nothing):
        test()


in_temporary_folder(main)
