"""sf-export: every table as CSV, and copies that hold the same in another packing, of runs, catalogues, KKT tables, pursuits."""
import csv
import glob
import math
import os
import subprocess

import h5py
import numpy as np
import xarray as xr

from tool import BIN, MAIN, STUDIES, in_temporary_folder, one_line, succeed


def export(*arguments):
    return subprocess.run([os.path.join(BIN, "sf-export"), *arguments], capture_output=True, text=True)


def run(tool, *arguments):
    subprocess.run([os.path.join(BIN, tool), *arguments], check=True, stdout=subprocess.DEVNULL)


def some_files():
    succeed(MAIN, "-o", "run.h5", "-q", "--set", "flow.t_end=4000", "--set", "data.test_samples=5")
    succeed(os.path.join(STUDIES, "leaky-relu.toml"), "-o", "kinks.h5", "-q", "--set", "flow.t_end=30")
    run("sf-saddles", "run.h5", "-o", "saddles.h5", "-q")
    run("sf-kkt", "run.h5", "-o", "kkt.h5", "-q")
    run("sf-limit", os.path.join(STUDIES, "linear-exact.toml"), "-o", "limit.h5", "-q")
    run("sf-pursuit", os.path.join(STUDIES, "pursuit", "teacher.toml"), "-o", "pursuit.h5", "-q")
    return [name + ".h5" for name in ("run", "kinks", "saddles", "kkt", "limit", "pursuit")]


def paths_of(file):
    names = []
    file.visit(names.append)
    return names


def same_but_for_the_packing(source, copy):
    with h5py.File(source) as a, h5py.File(copy) as b:
        assert paths_of(a) == paths_of(b) and list(a.attrs) == list(b.attrs)
        assert all(np.array_equal(a.attrs[key], b.attrs[key]) for key in a.attrs)
        for name in paths_of(a):
            x, y = a[name], b[name]
            kept = [key for key in x.attrs if key not in ("DIMENSION_LIST", "REFERENCE_LIST")]
            assert all(np.array_equal(x.attrs[key], y.attrs[key]) for key in kept), name
            if isinstance(x, h5py.Dataset):
                assert x.dtype == y.dtype and x.shape == y.shape, name
                assert np.array_equal(x[()], y[()], equal_nan=x.dtype.kind == "f"), name
                assert [[s.name for s in d.values()] for d in x.dims] == [[s.name for s in d.values()] for d in y.dims], name
        groups = ["/"] + ["/" + name for name in paths_of(a) if isinstance(a[name], h5py.Group)]
        return groups


def copies(files):
    for source in files:
        result = export(source, "--compressed", "small.h5", "--v1.8", "old.h5", "--force")
        assert result.returncode == 0 and result.stdout == "small.h5\nold.h5\n", (source, result.stderr)
        for copy in ("small.h5", "old.h5"):
            groups = same_but_for_the_packing(source, copy)
            for engine in ("netcdf4", "h5netcdf"):
                for group in groups:
                    xr.open_dataset(copy, engine=engine, group=group, decode_timedelta=False).close()
        header = open("old.h5", "rb").read(9)
        assert header[8] == 0, header  # version of the superblock: 0 is that of HDF5 1.8 and before
        text = subprocess.run(["h5dump", "-H", "-p", "old.h5"], capture_output=True, text=True, check=True).stdout
        assert "EXTENSIBLE_ARRAY" not in text
        with h5py.File("small.h5") as small:
            assert small["weights" if "weights" in small else "catalogue/point"].compression == "gzip"
        print(f"{source}: {os.path.getsize(source)} bytes, compressed {os.path.getsize('small.h5')}, 1.8 {os.path.getsize('old.h5')}")
    # A copy is a file like another.
    assert export("run.h5", "--compressed", "small.h5", "--force").returncode == 0
    run("sf-saddles", "small.h5", "-o", "of-small.h5", "-q")


def columns(path):
    with open(path, newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {key: [row[key] for row in rows] for key in rows[0]}


def same_numbers(cells, values):
    assert len(cells) == len(values)
    for cell, value in zip(cells, values):
        assert (cell == "" and math.isnan(value)) or float(cell) == value, (cell, value)


def tables(files):
    for source in files:
        folder = "csv-" + source
        result = export(source, "--csv", folder)
        assert result.returncode == 0, result.stderr
        found = sorted(glob.glob(folder + "/*.csv"))
        assert found == sorted(result.stdout.splitlines()) and len(found) > 3
        known = {}  # every one-dimensional column, and the matrices cell by cell
        for path in found:
            for key, cells in columns(path).items():
                known.setdefault((os.path.basename(path), key), cells)
        checked = 0
        with h5py.File(source) as file:
            for name in paths_of(file):
                data = file[name]
                if not isinstance(data, h5py.Dataset) or data.dtype.kind not in "fi" or data.shape[0] == 0 or \
                        (data.ndim == 2 and data.dims[1][0].name == "/parameter"):
                    continue
                leaf, words = name.split("/")[-1], data.attrs.get("flag_meanings")
                flat = {leaf: data[()]} if data.ndim == 1 else {f"{leaf}[{k}]": data[:, k] for k in range(data.shape[1])}
                for key, values in flat.items():
                    tables_with = [cells for (table, column), cells in known.items() if column == key and len(cells) == len(values)]
                    assert tables_with, (source, name, key)
                    if words is not None:
                        of = dict(zip(data.attrs["flag_values"].tolist(), words.split()))
                        assert any(cells == [of.get(v, str(v)) for v in values.tolist()] for cells in tables_with), (source, name)
                    else:
                        errors = []
                        for cells in tables_with:
                            try:
                                same_numbers(cells, values.tolist())
                                break
                            except (AssertionError, ValueError) as error:
                                errors.append(error)
                        else:
                            raise AssertionError((source, name, errors))
                    checked += 1
        print(f"{source}: {len(found)} tables, {checked} columns as in the file")
    assert not any("point[0]" in columns(p) for p in glob.glob("csv-saddles.h5/*.csv"))
    assert export("saddles.h5", "--csv", "with-weights", "--weights", "-q").returncode == 0
    table = columns("with-weights/catalogue.csv")
    with h5py.File("saddles.h5") as file:
        same_numbers(table["point[3]"], file["catalogue/point"][:, 3].tolist())


def refusals():
    one_line(export("run.h5"), 2, "--csv", "--compressed")
    one_line(export("run.h5", "--csv", "csv-run.h5"), 2, "csv-run.h5", "exists")
    one_line(export("run.h5", "--compressed", "run.h5"), 2, "run.h5", "input itself")
    one_line(export("run.h5", "--compressed", "small.h5"), 2, "small.h5", "exists")
    one_line(export("run.h5", "--v1.8", "nowhere/x.h5"), 4, "nowhere/x.h5", "no such folder")
    one_line(export("missing.h5", "--csv", "x"), 2, "missing.h5")
    one_line(export(MAIN, "--csv", "x"), 2, "saddle-to-saddle.toml")
    one_line(export("run.h5", "--v1.8", "x.h5", "--weights"), 2, "--weights", "--csv")
    open("file", "w").close()
    one_line(export("run.h5", "--csv", "file/folder"), 4, "file/folder")


def test():
    files = some_files()
    copies(files)
    tables(files)
    refusals()


in_temporary_folder(test)
