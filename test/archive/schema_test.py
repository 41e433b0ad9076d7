"""The file against a table written by hand, and the file in the eyes of other programs."""
import os
import re
import subprocess
import tempfile

import h5py
import numpy as np

from helper import figure, open_with_xarray, run

ROWS, LAYERS, NEURONS, PARAMETERS, SAMPLES, INPUTS, OUTPUTS, EIGENVALUES = 5, 2, 2, 8, 4, 3, 1, 3
SIZE = {"/time": ROWS, "/snapshot_time": ROWS, "/events/event": ROWS, "/saddles/saddle": ROWS, "/layer": LAYERS,
        "/neuron": NEURONS, "/parameter": PARAMETERS, "/problem/sample": SAMPLES, "/problem/input": INPUTS,
        "/problem/output": OUTPUTS, "/saddles/eigenvalue": EIGENVALUES}
UNLIMITED = {"/time", "/snapshot_time", "/events/event", "/saddles/saddle", "/neuron", "/parameter"}

# path: (type, scales of its axes). A dataset that is its own axis is a scale.
TABLE = {
    "/time": ("f8", ["/time"]), "/step": ("i8", ["/time"]), "/loss": ("f8", ["/time"]),
    "/gradient_norm": ("f8", ["/time"]), "/weight_norm": ("f8", ["/time"]), "/step_size": ("f8", ["/time"]),
    "/proximity": ("f8", ["/time"]), "/balance_drift": ("f8", ["/time"]), "/energy_drift": ("f8", ["/time"]),
    "/stepper": ("i1", ["/time"]), "/layer_norm": ("f8", ["/time", "/layer"]),
    "/neuron_norm": ("f8", ["/time", "/neuron"]),
    "/snapshot_time": ("f8", ["/snapshot_time"]), "/weights": ("f8", ["/snapshot_time", "/parameter"]),
    "/layer": ("i8", ["/layer"]), "/neuron": ("i8", ["/neuron"]), "/parameter": ("i8", ["/parameter"]),
    "/network/parameter_layer": ("i8", ["/parameter"]), "/network/parameter_row": ("i8", ["/parameter"]),
    "/network/parameter_column": ("i8", ["/parameter"]), "/network/neuron_layer": ("i8", ["/neuron"]),
    "/network/neuron_index": ("i8", ["/neuron"]),
    "/problem/sample": ("i8", ["/problem/sample"]), "/problem/input": ("i8", ["/problem/input"]),
    "/problem/output": ("i8", ["/problem/output"]),
    "/problem/inputs": ("f8", ["/problem/sample", "/problem/input"]),
    "/problem/targets": ("f8", ["/problem/sample", "/problem/output"]),
    "/events/event": ("i8", ["/events/event"]), "/events/event_time": ("f8", ["/events/event"]),
    "/events/kind": ("i1", ["/events/event"]), "/events/direction": ("i1", ["/events/event"]),
    "/events/value": ("f8", ["/events/event"]), "/events/loss": ("f8", ["/events/event"]),
    "/events/gradient_norm": ("f8", ["/events/event"]), "/events/proximity": ("f8", ["/events/event"]),
    "/events/lambda_min": ("f8", ["/events/event"]), "/events/lambda_max": ("f8", ["/events/event"]),
    "/events/time_error": ("f8", ["/events/event"]), "/events/snapshot": ("i8", ["/events/event"]),
    "/saddles/saddle": ("i8", ["/saddles/saddle"]),
    "/saddles/point": ("f8", ["/saddles/saddle", "/parameter"]), "/saddles/loss": ("f8", ["/saddles/saddle"]),
    "/saddles/gradient_norm": ("f8", ["/saddles/saddle"]), "/saddles/proximity": ("f8", ["/saddles/saddle"]),
    "/saddles/newton_distance": ("f8", ["/saddles/saddle"]),
    "/saddles/index_negative": ("i8", ["/saddles/saddle"]), "/saddles/index_zero": ("i8", ["/saddles/saddle"]),
    "/saddles/index_positive": ("i8", ["/saddles/saddle"]),
    "/saddles/eigenvalue": ("i8", ["/saddles/eigenvalue"]),
    "/saddles/eigenvalues": ("f8", ["/saddles/saddle", "/saddles/eigenvalue"]),
    "/saddles/enter_time": ("f8", ["/saddles/saddle"]), "/saddles/closest_time": ("f8", ["/saddles/saddle"]),
    "/saddles/leave_time": ("f8", ["/saddles/saddle"]),
}
TEXTS = {"/config/toml", "/config/toml_user"}
FLAGS = {"/stepper": ([0, 1, 2], "dopri5 rosenbrock rkc"),
         "/events/kind": ([0, 1, 2], "origin_escape saddle_enter level"),
         "/events/direction": ([-1, 0, 1], "falling neither rising")}
ATTRIBUTES = {
    "/": {"Conventions": "CF-1.8", "title": "two neurons, größer", "source": "saddleflow 0.1.0", "history": None,
          "created": None, "run_id": None, "format": "saddleflow-run", "format_version": [1, 0]},
    "/network": {"kind": "feed_forward", "layer_sizes": [3, 2, 1], "slope": 0.25, "power": 2, "degree": 3},
    "/problem": {"loss": "square", "reduction": "sum", "generator": "generator sphere/teacher", "seed": 7,
                 "dropped_rows": 4},
    "/events": {}, "/saddles": {}, "/config": {},
    "/run": {"stop_reason": "reached_end", "commit": "0123abcd", "version": "0.1.0", "gradients": 42.0,
             "wall_seconds": 1.5, "finished_on": "a Sunday"},
}


def check_dataset(file, path, kind, axes):
    data = file[path]
    assert data.dtype == np.dtype(kind), (path, data.dtype)
    assert data.shape == tuple(SIZE[axis] for axis in axes), (path, data.shape)
    assert data.maxshape == tuple(None if axis in UNLIMITED else SIZE[axis] for axis in axes), (path, data.maxshape)
    assert data.compression is None and not data.shuffle and not data.fletcher32, path
    assert np.isnan(data.fillvalue) if kind == "f8" else data.fillvalue == -1, (path, data.fillvalue)
    assert isinstance(data.attrs["long_name"], str) and len(data.attrs["long_name"]) > 3, path
    assert data.attrs["units"] == "1", path
    is_scale = h5py.h5ds.is_scale(data.id)
    assert is_scale == (axes == [path]), path
    if not is_scale:
        for axis, scale in zip(data.dims, axes):
            assert [attached.name for attached in axis.values()] == [scale], (path, scale)
    values, meanings = FLAGS.get(path, (None, None))
    assert ("flag_values" in data.attrs) == (values is not None), path
    if values:
        assert data.attrs["flag_values"].dtype == data.dtype and list(data.attrs["flag_values"]) == values, path
        assert data.attrs["flag_meanings"] == meanings, path


def check_attributes(group, expected):
    assert set(group.attrs) == set(expected), (group.name, set(group.attrs) ^ set(expected))
    for name, value in expected.items():
        found = group.attrs[name]
        if value is None or isinstance(value, str):
            assert isinstance(found, str) and (value is None or found == value), (group.name, name, found)
        else:
            assert np.array_equal(found, value), (group.name, name, found)


def check_with_h5py(path):
    with h5py.File(path, "r") as file:
        found = set()
        file.visititems(lambda name, item: found.add("/" + name) if isinstance(item, h5py.Dataset) else None)
        assert found == set(TABLE) | TEXTS, found ^ (set(TABLE) | TEXTS)
        for name, (kind, axes) in TABLE.items():
            check_dataset(file, name, kind, axes)
        for name in TEXTS:
            assert file[name].shape == () and h5py.check_string_dtype(file[name].dtype).encoding == "utf-8", name
            assert "größer" in file[name].asstr()[()], name
        for name, expected in ATTRIBUTES.items():
            check_attributes(file[name], expected)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ sf-flow sample.toml", file.attrs["history"])
        assert re.fullmatch(r"[0-9a-f]{32}", file.attrs["run_id"])
        check_values(file)


def check_values(file):
    """Row-major as laid out by hand, not as written and read by the same code."""
    assert file["problem/inputs"][()].tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]
    assert file["problem/targets"][()].tolist() == [[0.5], [-0.5], [1.5], [-1.5]]
    assert file["weights"].shape == (ROWS, PARAMETERS)
    for row in range(ROWS):
        for column in range(PARAMETERS):
            assert abs(file["weights"][row, column] - figure(10, row, column)) < 1e-12
    assert file["network/parameter_column"][()].tolist() == [0, 0, 1, 1, 2, 2, 0, 1]
    assert file["time"][()].tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert file["stepper"][()].tolist() == [0, 1, 2, 0, 1]
    assert file["events/direction"][()].tolist() == [-1, 0, 1, -1, 0]
    assert file["events/snapshot"][()].tolist() == [0, -1, 2, -1, 4]


def check_with_xarray(path):
    for engine, groups in open_with_xarray(path).items():
        root = groups["/"]
        assert set(root.coords) >= {"time", "snapshot_time", "layer", "neuron", "parameter"}, (engine, root.coords)
        assert root["layer_norm"].dims == ("time", "layer") and root["time"].dtype == np.float64, engine
        for name, (_, axes) in TABLE.items():
            group, _, variable = name[1:].rpartition("/")
            found = groups[group or "/"][variable]
            assert found.dims == tuple(axis.rpartition("/")[2] for axis in axes), (engine, name, found.dims)
            assert found.shape == tuple(SIZE[axis] for axis in axes), (engine, name, found.shape)
        assert "größer" in str(groups["config"]["toml"].values), engine
        assert root.attrs["title"] == "two neurons, größer", engine


def check_with_tools(path):
    listing = subprocess.run(["h5ls", "-r", path], capture_output=True, text=True, check=True).stdout
    for name in set(TABLE) | TEXTS:
        assert re.search(rf"^{name}\s+Dataset", listing, re.MULTILINE), name
    dump = subprocess.run(["h5dump", "-d", "/problem/inputs", "-y", "-w", "200", path], capture_output=True, text=True,
                          check=True).stdout
    data = re.search(r"DATA \{(.*?)\}", dump, re.DOTALL).group(1).split()
    assert " ".join(data) == "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12", data
    subprocess.run(["h5dump", path], capture_output=True, check=True)


def check_readme():
    """output/README.md has a table row for every dataset, under its group."""
    with open(os.path.join(os.path.dirname(__file__), "../../output/README.md")) as file:
        sections = re.split(r"^### ", file.read(), flags=re.MULTILINE)[1:]
    for name, (kind, axes) in TABLE.items():
        group, _, variable = name.rpartition("/")
        section = next(text for text in sections if text.startswith(f"`{group or '/'}`"))
        rows = [row for row in section.splitlines() if re.match(rf"\|[^|]*`{variable}`", row)]
        assert len(rows) == 1 and f"| {kind} |" in rows[0], (name, rows)
        axis_names = [axis.rpartition("/")[2] + ("*" if axis in UNLIMITED else "") for axis in axes]
        if axes != [name] or axis_names[0] in rows[0].split("|")[2]:
            assert rows[0].split("|")[2].strip() == ", ".join(axis_names), rows[0]
    for name in TEXTS:
        assert f"`{name.rpartition('/')[2]}`" in sections[-1], name


with tempfile.TemporaryDirectory() as folder:
    run_file = os.path.join(folder, "sample.h5")
    run("make", run_file, ROWS)
    check_with_h5py(run_file)
    check_with_xarray(run_file)
    check_with_tools(run_file)
    check_readme()
    # No rows at all is a run too.
    SIZE.update({axis: 0 for axis in ["/time", "/snapshot_time", "/events/event", "/saddles/saddle"]})
    run("make", run_file, 0)
    check_with_xarray(run_file)
print(f"{len(TABLE) + len(TEXTS)} datasets as in the table")
