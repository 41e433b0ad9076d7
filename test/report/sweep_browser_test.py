"""The page of a sweep in headless Chromium: what it draws against NumPy. usage: sweep_browser_test.py SF_REPORT [FOLDER]

Every chart is saved as CSV by its button, and the numbers are compared with medians, quartiles and slopes that NumPy takes of the
arrays in the collected file. With FOLDER pages and screenshots are left there. Exit status 77 (skipped) without Chromium.
"""

import csv
import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import print_test
from browser import SKIPPED, Browser, installed

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
import sweep_file  # noqa: E402

# The files that buttons save are caught on their way; the page's own script is done when this one runs.
CATCH = "window.blobs = []; window.names = []; URL.createObjectURL = (blob) => 'blob:' + blobs.push(blob); HTMLAnchorElement.prototype.click = function () { names.push(this.download); };"
# Curves have five digits in the page, results twelve.
CURVE, RESULT = 5.1e-5, 1e-9


class Page:
    def __init__(self, browser, page, address=""):
        self.browser = browser
        browser.open(page.resolve().as_uri() + address, "errors")
        assert browser.evaluate("document.body.dataset.ready") == "yes", self.messages()
        browser.evaluate(CATCH)

    def messages(self):
        return self.browser.evaluate("document.body.dataset.messages")

    def without_error(self):
        assert self.browser.evaluate("document.body.dataset.errors") == "0", self.messages()

    def choose(self, **choices):
        """By the lists of the page, as a reader does; `only_x` for the list of the axis x."""
        for name, value in choices.items():
            name = name.replace("only_", "only.", 1)
            found = self.browser.evaluate(f"(() => {{ const list = document.getElementById({json.dumps('choice-' + name)}); list.value = {json.dumps(value)};"
                                          "list.dispatchEvent(new Event('change')); return list.value; })()")
            assert found == value, (name, value, found)
        self.without_error()

    def saved(self, figure, kind):
        """The text that a button of a figure saves."""
        done = self.browser.evaluate("blobs.length")
        self.browser.evaluate(f"document.querySelector({json.dumps(f'{figure} [data-save={kind}]')}).click()")
        end = time.monotonic() + 10
        while self.browser.evaluate("blobs.length") == done:
            assert time.monotonic() < end, (figure, kind, self.messages())
            time.sleep(0.01)
        self.browser.evaluate("blobs.at(-1).text().then((text) => { window.text = text; })")
        while self.browser.evaluate("window.text ?? null") is None:
            time.sleep(0.01)
        text = self.browser.evaluate("window.text")
        self.browser.evaluate("window.text = null")
        self.without_error()
        return text

    def table(self, figure):
        return list(csv.DictReader(io.StringIO(self.saved(figure, "CSV"))))

    def cells(self, selector):
        return self.browser.evaluate(f"[...document.querySelectorAll({json.dumps(selector)})].map((row) => [...row.children].map((cell) => cell.textContent))")


def column(written, name):
    return np.array(written["columns"][name][2])


def number(text):
    return float(text) if text else np.nan


def near(found, expected, tolerance, what):
    both = (np.isnan(found) & np.isnan(expected)) | np.isclose(found, expected, rtol=tolerance, atol=0)
    assert np.shape(found) == np.shape(expected) and np.all(both), (what, np.asarray(found)[~both], np.asarray(expected)[~both])


def statistics(values):
    """Median, lowest, highest and quartiles of what is known; NaN where nothing is."""
    values = values[np.isfinite(values)]
    return np.array([np.median(values), values.min(), values.max(), *np.quantile(values, [0.25, 0.75])]) if len(values) else np.full(5, np.nan)


def check_curves(page, written, group, rows, kind="loss_curve"):
    """The saved curves: five statistics of every group at every common time."""
    table, curves = page.table("#plot-curves"), written["curves"][kind]
    key, _, values = written["columns"][group]
    values = np.array(values)
    near([number(row["t"]) for row in table], written["curve_time"], 1e-11, "times")
    headings = list(table[0])
    assert len(headings) == 1 + 5 * len(set(values[rows])), headings
    order = list(dict.fromkeys(values[rows])) if values.dtype.kind == "U" else sorted(set(values[rows]))
    for value in order:
        label = headings[1 + 5 * order.index(value)]
        assert label.startswith(f"{key} = ") and (not isinstance(value, str) or label.endswith(value)), (label, value)
        expected = np.array([statistics(column) for column in curves[rows & (values == value)].T])
        for k, part in enumerate(("", ", lowest", ", highest", ", lower quartile", ", upper quartile")):
            near([number(row[label + part]) for row in table], expected[:, k], CURVE, label + part)


def check_scaling(page, written, result, over, by, rows, values):
    """The saved medians and ranges, and the exponents in the table below the chart."""
    table, x, curve = page.table("#chart-scaling"), column(written, over), column(written, by)
    printed = page.browser.evaluate("[...document.querySelectorAll('#exponents tbody tr')].map((row) => row.dataset.exponent)")
    order = list(dict.fromkeys(curve[rows])) if curve.dtype.kind == "U" else sorted(set(curve[rows]))
    assert len(printed) == len(order), (printed, order)
    at = iter(table)
    for value, exponent in zip(order, printed):
        places, medians = sorted(set(x[rows & (curve == value)])), []
        for place in places:
            chosen = values[rows & (curve == value) & (x == place)]
            row, expected = next(at), statistics(chosen)
            near([number(row[name]) for name in (f"median of {result}", "lowest", "highest", "lower quartile", "upper quartile")], expected, RESULT, row)
            assert float(row[written["columns"][over][0]]) == place and int(row["runs"]) == np.isfinite(chosen).sum(), row
            medians.append(expected[0])
        usable = np.isfinite(medians) & (np.array(medians) > 0)
        (slope, _), ((variance, _), _) = np.polyfit(np.log(np.array(places)[usable]), np.log(np.array(medians)[usable]), 1, cov=True)
        near(float(exponent), slope, 1e-8, f"exponent of {value}")
        cells = next(cells for cells in page.cells("#exponents tbody tr") if cells[0].endswith("= " + (value if isinstance(value, str) else f"{value:g}")))
        near(float(cells[2].replace("\u2212", "-")), np.sqrt(variance), 0.06, f"standard error of {value}")  # two digits
    assert next(at, None) is None


def check_visits(page, written, rows):
    table, losses = page.table("#chart-visits"), written["visits"]["visit_loss"]
    expected = [(k + 1, m + 1, loss) for k in np.nonzero(rows)[0] for m, loss in enumerate(losses[k])]
    assert [(int(row["run"]), int(row["visit"])) for row in table] == [row[:2] for row in expected]
    near([float(row["loss"]) for row in table], [row[2] for row in expected], 1e-5, "losses of visits")
    scale = column(written, "init_scale")
    for cells, value in zip(page.cells("#visit-table tbody tr"), sorted(set(scale))):
        states = written["states"][scale == value]
        assert [int(c) for c in cells[1:5]] == [np.sum(states == sweep_file.FINISHED), np.sum(states == sweep_file.FAILED), np.sum(states == sweep_file.MISSING),
                                                np.sum((states == sweep_file.RUNNING) | (states == sweep_file.UNFINISHED))], cells
        first = [losses[k][0] for k in np.nonzero(rows & (scale == value))[0]]
        near(float(cells[6].split(" ")[0]), np.median(first), 2e-4, cells)
        assert cells[6].endswith(f", {len(first)} runs"), cells


def check_sorting(page, written):
    """By a press on a heading, up and then down; unknown values stay at the end."""
    press = "[...document.querySelectorAll('#run-table th button')].find((button) => button.textContent.startsWith('escape time')).click()"
    escape = written["scalars"]["escape_time"]
    known = [k + 1 for k in np.argsort(escape) if np.isfinite(escape[k])]
    unknown = [k + 1 for k in range(len(escape)) if np.isnan(escape[k])]
    for expected in (known + unknown, known[::-1] + unknown):
        page.browser.evaluate(press)
        assert page.browser.evaluate("[...document.querySelectorAll('#run-table tbody tr')].map((row) => Number(row.dataset.run))") == expected
    assert page.browser.evaluate("document.querySelectorAll('#run-table th[aria-sort=descending]').length") == 1
    page.choose(columns="all")
    headings = page.cells("#run-table thead tr")[0]
    assert "hessian vectors" in headings and "test loss" not in headings, headings


def check_page(browser, folder):
    path = folder / "collected.h5"
    written = sweep_file.example(path)
    page = Page(browser, report(path))
    finished, scale, layers = written["states"] == sweep_file.FINISHED, column(written, "init_scale"), column(written, "network_layers")
    escape = written["scalars"]["escape_time"]
    assert page.browser.evaluate("location.hash") == "" and page.browser.evaluate("document.getElementById('choice-group').value") == "init_scale"
    words = page.browser.evaluate("document.body.innerText")
    for text in ("56 of 60 runs finished", "1 failed", "step size underflow at t = 12 <b>&", "Missing, 1: scale=0.0001_layers=2-8-1_seed=2"):
        assert text in words, text
    check_curves(page, written, "init_scale", finished)
    check_scaling(page, written, "escape_time", "init_scale", "network_layers", finished, escape)
    check_visits(page, written, finished)
    for figure in ("#plot-curves", "#chart-scaling", "#chart-visits"):
        drawing = page.saved(figure, "SVG")
        assert drawing.count("<path") + drawing.count("<circle") > 20 and "NaN" not in drawing, figure
    page.choose(group="network_layers", band="both", curve="weight_norm", only_init_scale="0.01", runs="all")
    rows = (written["states"] != sweep_file.MISSING) & (scale == 0.01)
    check_curves(page, written, "network_layers", rows, "weight_norm_curve")
    page.choose(only_init_scale="", result="jump_time.1", over="flow_t_end", by="network_layers")
    first = np.array([row[0] if len(row) else np.nan for row in written["jumps"]])
    check_scaling(page, written, "jump_time.1", "flow_t_end", "network_layers", written["states"] != sweep_file.MISSING, first)
    page.choose(only_network_layers="[2, 8, 1]", by="init_seed", over="init_scale", result="gradients", runs="finished")
    check_scaling(page, written, "gradients", "init_scale", "init_seed", finished & (layers == "[2, 8, 1]"), written["scalars"]["gradients"])
    page.choose(only_network_layers="", xscale="linear", yscale="linear", visitscale="linear")
    check_sorting(page, written)
    # A link shows what its sender saw.
    address = page.browser.evaluate("location.hash")
    Page(browser, path.with_suffix(".html"), address)
    assert page.browser.evaluate("document.getElementById('choice-result').value + location.hash") == "gradients" + address, address


def check_plain_pages(browser, folder):
    """Sweeps that lack much: one run alone, no visit, no run that has finished, text axes only."""
    time_ = np.geomspace(1, 10, 4)
    base = {"states": np.array([sweep_file.FINISHED]), "names": ["only"], "columns": {}, "jumps": [], "visits": {}, "curve_time": time_,
            "curves": {"loss_curve": np.array([[1.0, 0.5, 0.2, np.nan]])}}
    scalars = {name: np.array([1.0]) for name in ("final_time", "final_loss", "escape_time")} | {name: np.array([0.0]) for name in ("visit_count", "jump_count")}
    sweep_file.write_sweep(folder / "one.h5", scalars=scalars, **base)
    nothing = {name: np.full(2, np.nan) for name in scalars}
    texts = {"network_layers": ("network.layers", "axis", ["[2, 4, 1]", "</script><script>document.body.dataset.hacked='yes'</script>"])}
    sweep_file.write_sweep(folder / "none.h5", scalars=nothing, **{**base, "states": np.zeros(2), "names": ["a", "b"], "columns": texts, "curve_time": None, "curves": {}})
    for name, words in (("one", ["1 of 1 run finished", "All runs have finished", "No axis has several numbers", "The sweep has no axis"]), ("none", ["0 of 2 runs finished", "No run has a curve"])):
        page = Page(browser, report(folder / f"{name}.h5"))
        page.without_error()
        text = page.browser.evaluate("document.body.innerText")
        for word in words:
            assert word in text, (name, word)
        assert page.browser.evaluate("document.body.dataset.hacked ?? ''") == ""


def check_print(browser, folder):
    if shutil.which("pdftoppm") is None:
        print("not printed: pdftoppm is not installed (Debian package poppler-utils)")
        return
    page = folder / "collected.html"
    dark = print_test.sheets_of(browser, page, "#theme=dark", folder, "sweep-dark")
    light = print_test.sheets_of(browser, page, "#theme=light", folder, "sweep-light")
    problems = list(print_test.failures("sweep", dark, 4))
    assert not problems and print_test.same(dark, light), problems or "printed otherwise from dark paper than from light"
    print(f"{len(dark)} sheets")


def check_size(browser, folder):
    """A thousand runs and more, opened in a few seconds."""
    path = folder / "thousand.h5"
    sweep_file.example(path, scales=np.geomspace(1e-4, 1, 10), seeds=40, times=400)
    start = time.monotonic()
    page = Page(browser, report(path))
    seconds, size = time.monotonic() - start, path.with_suffix(".html").stat().st_size / 1e6
    assert page.browser.evaluate("document.querySelectorAll('#run-table tbody tr').length") == 1200
    print(f"a page of 1200 runs: {size:.1f} MB, written and drawn in {seconds:.1f} s")
    assert size < 15 and seconds < 60


def report(path):
    subprocess.run([TOOL, str(path), "-f"], check=True, stdout=subprocess.DEVNULL)
    return path.with_suffix(".html")


def main(folder):
    if installed() is None:
        print("skipped: chromium is not installed (Debian package chromium)")
        return SKIPPED
    with Browser() as browser:
        for check in (check_page, check_plain_pages, check_print, check_size):
            check(browser, folder)
            print(f"{check.__name__}: done")
        browser.open((folder / "collected.html").resolve().as_uri(), "ready")
        picture = browser.screenshot()
        (folder / "collected.png").write_bytes(picture)
        assert len(picture) > 30_000, "the screenshot is blank"
    return 0


if __name__ == "__main__":
    TOOL = sys.argv[1]
    if len(sys.argv) > 2:
        sys.exit(main(Path(sys.argv[2])))
    with tempfile.TemporaryDirectory(prefix="saddleflow-sweep-") as temporary:
        sys.exit(main(Path(temporary)))
