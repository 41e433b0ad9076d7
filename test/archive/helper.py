"""What the scripts of this folder share: the helper program, expected figures, opening a file in every way."""
import math
import subprocess
import sys
import warnings

import h5netcdf
import netCDF4  # here, because its import warns of numpy's version, which is not the file's doing
import xarray

HELPER = sys.argv[1]
GROUPS = ["/", "network", "problem", "events", "saddles", "config", "run"]
SKIPPED = 77


def run(*arguments, expect=0):
    """Runs the helper; returns what it printed on stdout, or the error line if another exit code is expected."""
    result = subprocess.run([HELPER, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert result.returncode == expect, (arguments, result.returncode, result.stdout, result.stderr)
    if expect == 0:
        return result.stdout
    lines = result.stderr.splitlines()
    assert len(lines) == 1, f"expected one line of error, got {result.stderr!r}"
    return lines[0]


def figure(quantity, row, column=0):
    """sample::figure of sample_run.hpp."""
    return math.sin(0.1 + quantity + 1e-3 * row) + 1000.0 * column + row / 7


def open_with_xarray(path, names=None):
    """Opens every group (or those named) with both engines, loads all of it, and returns {engine: {group: dataset}}."""
    groups = names or GROUPS
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # h5netcdf looks at the whole file whenever it opens it: once, for all groups.
        with h5netcdf.File(path, "r", decode_vlen_strings=True) as file:
            stores = {group: xarray.backends.H5NetCDFStore(file, group=group) for group in groups}
            opened = {"h5netcdf": {group: xarray.open_dataset(store).load() for group, store in stores.items()}}
        opened["netcdf4"] = {}
        for group in groups:
            with xarray.open_dataset(path, engine="netcdf4", group=group) as dataset:
                opened["netcdf4"][group] = dataset.load()
    return opened
