"""sf-report of collected sweeps: the data in the page against the arrays of the file, and broken files. usage: sweep_tool_test.py SF_REPORT"""

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import h5py
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
import sweep_file  # noqa: E402

TOOL = sys.argv[1]


def page_data(path):
    text = path.with_suffix(".html").read_text(encoding="utf-8")
    return json.loads(re.search(r'<script type="application/json" id="run-data">(.*?)</script>', text, re.S).group(1))


class Sweeps(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="saddleflow-sweep-")
        self.addCleanup(temporary.cleanup)
        self.path = Path(temporary.name) / "collected.h5"

    def sf_report(self, *arguments):
        return subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True)

    def assert_refused(self, status, *words):
        done = self.sf_report(self.path)
        self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (status, "", 1), done.stderr)
        for word in ("sf-report: ", str(self.path), *words):
            self.assertIn(word, done.stderr)
        self.assertFalse(self.path.with_suffix(".html").exists())

    def test_the_page_has_the_numbers_of_the_file(self):
        written = sweep_file.example(self.path, seeds=2, times=50)
        done = self.sf_report(self.path)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, f"{self.path.with_suffix('.html')}\n", ""))
        sweep = page_data(self.path)["sweep"]
        self.assertEqual([(c["name"], c["key"], c["role"]) for c in sweep["columns"]], [(name, *given[:2]) for name, given in written["columns"].items()])
        for column in sweep["columns"]:
            self.assertEqual(column["values"], list(written["columns"][column["name"]][2]))
        self.assertEqual(sweep["runs"]["state"], [sweep_file.STATES[s] for s in written["states"]])
        self.assertEqual(sweep["runs"]["name"], written["names"])
        self.assertEqual(sweep["runs"]["message"], written["messages"])
        self.assertEqual({s["name"] for s in sweep["scalars"]}, set(written["scalars"]))
        for scalar in sweep["scalars"]:
            values = np.array([np.nan if v is None else v for v in scalar["values"]])
            np.testing.assert_allclose(values, written["scalars"][scalar["name"]], rtol=1e-11)
        (found,), (_, table) = sweep["lists"], written["lists"]["final_effective_width"]
        self.assertEqual(found["name"], "final_effective_width")
        self.assertEqual(found["values"], [[] if np.isnan(row[0]) else list(row) for row in table])
        for name, rows in written["visits"].items():
            for found, row in zip(sweep["visits"][name.removeprefix("visit_")], rows, strict=True):
                np.testing.assert_allclose(found, row, rtol=1e-5)
        losses = next(c for c in sweep["curves"]["curves"] if c["name"] == "loss")["values"]
        for found, row in zip(losses, written["curves"]["loss_curve"], strict=True):
            np.testing.assert_allclose(found, row[np.isfinite(row)], rtol=5.1e-5)
        self.assertEqual([c["name"] for c in sweep["curves"]["curves"]], ["loss", "weight_norm"])  # no run has a test loss

    def test_curves_of_many_runs_are_thinned_evenly(self):
        written = sweep_file.example(self.path, scales=np.geomspace(1e-4, 1, 20), seeds=20, times=1001)
        self.assertEqual(self.sf_report(self.path).returncode, 0)
        curves = page_data(self.path)["sweep"]["curves"]
        self.assertEqual(curves["every"], 3)  # 1200 runs: at most 500 times
        np.testing.assert_allclose(curves["time"], written["curve_time"][::3], rtol=1e-11)

    def test_without_order_of_creation(self):
        """A file that other programs have written: datasets by name, texts of fixed length."""
        sweep_file.example(self.path, seeds=1)
        plain = self.path.with_name("plain.h5")
        with h5py.File(self.path) as source, h5py.File(plain, "w") as copy:
            for name, value in source.attrs.items():
                copy.attrs[name] = value
            for name in source:
                if name == "hidden_layer":
                    continue  # nothing says that it is a dimension
                values = source[name].asstr()[()].astype("S60") if source[name].dtype == object else source[name][()]
                copy[name] = values
                for key in ("role", "key", "long_name"):
                    if key in source[name].attrs:
                        copy[name].attrs[key] = source[name].attrs[key]
        self.assertEqual(self.sf_report(plain).returncode, 0)
        sweep = page_data(plain)["sweep"]
        self.assertEqual([c["name"] for c in sweep["columns"]], ["flow_t_end", "init_scale", "init_seed", "network_layers"])
        self.assertEqual(sweep["columns"][3]["values"][:3], ["[2, 4, 1]", "[2, 8, 1]", "[2, 16, 1]"])

    def test_every_missing_dataset_is_named(self):
        for name in ("run", "name", "state", "message", "stop_reason", "final_time", "final_loss", "escape_time", "visit_count", "jump_count",
                     "visit_loss", "visit_time", "visit_enter", "visit_leave", "visit_depth", "jump_time", "curve_time", "loss_curve"):
            self.path.unlink(missing_ok=True)
            sweep_file.example(self.path, seeds=1)
            with h5py.File(self.path, "r+") as file:
                del file[name]
            self.assert_refused(2, f"no dataset {name}", "sf-sweep")

    def test_every_other_shape_is_refused(self):
        written = sweep_file.example(self.path, seeds=1)
        with h5py.File(self.path) as file:
            shapes = {name: data.shape for name, data in file.items() if name not in ("run", "visit", "jump", "curve_time", "hidden_layer")}
        self.assertGreater(len(shapes), 20)
        for name, shape in shapes.items():
            self.path.unlink()
            sweep_file.example(self.path, seeds=1)
            with h5py.File(self.path, "r+") as file:
                values, attributes = file[name][()], dict(file[name].attrs)
                del file[name]
                data = file.create_dataset(name, data=values[:-1], dtype=values.dtype if values.dtype != object else h5py.string_dtype())
                for key in ("role", "key"):
                    if key in attributes:
                        data.attrs[key] = attributes[key]
            self.assert_refused(2, name, f"found {' x '.join(map(str, (shape[0] - 1, *shape[1:])))}", f"expected {' x '.join(map(str, shape))}")
        self.assertEqual(len(written["names"]), 12)

    def changed(self, change):
        self.path.unlink(missing_ok=True)
        sweep_file.example(self.path, seeds=1)
        with h5py.File(self.path, "r+") as file:
            change(file)

    def test_what_else_is_wrong(self):
        def replace(name, values):
            def act(file):
                del file[name]
                file[name] = values
            return act

        def attribute(name, key, value):
            return lambda file: file[name].attrs.__setitem__(key, value)

        cases = [(replace("state", np.full(12, 7)), ["state", "flag 7", "3 (finished)"]),
                 *((replace("state", np.full(12, state)), ["state", "flag -1"]) for state in (np.nan, 1e300, 2.0**32 + 3, 0.5)),
                 (replace("final_loss", ["a"] * 12), ["final_loss", "not numeric"]),
                 (replace("name", np.arange(12.0)), ["name", "not texts"]),
                 (replace("visit_loss", np.zeros((12, 2))), ["visit_loss", "2 entries a run", "expected 3"]),
                 (replace("visit_time", np.zeros((12, 9))), ["visit_time", "9 visits", "expected 3"]),
                 (replace("visit_loss", np.zeros(12)), ["visit_loss", "1 axes, expected 2"]),
                 (replace("curve_time", np.zeros(160)), ["curve_time", "does not ascend"]),
                 (replace("run", np.zeros((12, 1))), ["run: 2 axes"]),
                 (attribute("init_scale", "role", "ax"), ["init_scale", "role", '"ax"', "seed"]),
                 (lambda file: file["init_scale"].attrs.pop("key"), ["init_scale", "key", "missing"]),
                 (lambda file: file.attrs.__setitem__("sweep_format", "2.0"), ["sweep_format is 2.0"]),
                 (lambda file: file.attrs.pop("study"), ["study", "missing"])]
        for change, words in cases:
            self.changed(change)
            self.assert_refused(2, *words)

    def test_no_sweep_and_not_alone(self):
        sweep_file.example(self.path, seeds=1)
        done = self.sf_report(self.path, self.path, "-o", self.path.with_name("x.html"))
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))
        self.assertIn("a collected sweep among 2 files", done.stderr)
        with h5py.File(self.path, "r+") as file:
            del file.attrs["sweep_format"]
        self.assert_refused(2, "format")
        whole = self.path.read_bytes()
        self.path.write_bytes(whole[:len(whole) // 2])
        self.assert_refused(4, "truncated")

    def test_no_curves(self):
        """Of runs without a path."""
        sweep_file.example(self.path, seeds=1, curve_time=None)
        self.assertEqual(self.sf_report(self.path).returncode, 0)
        self.assertEqual(page_data(self.path)["sweep"]["curves"], {"time": [], "every": 1, "curves": []})

    def test_no_run(self):
        written = sweep_file.example(self.path, seeds=1)
        self.path.unlink()
        sweep_file.write_sweep(self.path, {}, [], [], {name: [] for name in written["scalars"]}, {}, [], [], {"loss_curve": np.empty((0, 0))})
        self.assert_refused(2, "no run")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
