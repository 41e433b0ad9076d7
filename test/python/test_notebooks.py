"""Every line of the notebooks runs, and the notebooks are those of the scripts."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "lib" / "python" / "notebooks"
SCRIPTS = [path for path in sorted(NOTEBOOKS.glob("*.py")) if path.name != "convert.py"]


def test_notebooks_are_up_to_date():
    assert len(SCRIPTS) == 4
    done = subprocess.run([sys.executable, NOTEBOOKS / "convert.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def run_script(script):
    """Its variables; InputError and its like where a line fails, AssertionError where it draws nothing."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    variables = runpy.run_path(str(script))
    assert plt.get_fignums(), "no picture"
    for number in plt.get_fignums():
        plt.figure(number).savefig(f"figure-{number}.png")
        assert os.path.getsize(f"figure-{number}.png") > 5_000
    plt.close("all")
    return variables


@pytest.mark.parametrize("script", [path for path in SCRIPTS if path.stem != "first_hour"], ids=lambda path: path.stem)
def test_notebook(script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_script(script)
    cells = json.loads(script.with_suffix(".ipynb").read_text(encoding="utf-8"))["cells"]
    assert sum(cell["cell_type"] == "code" for cell in cells) >= 3


def test_the_first_hour_is_short_and_does_all_of_it(tmp_path, monkeypatch):
    """As the script in tools/README.md: its files, a page of five runs, a start beside a saddle that ends below it."""
    script = NOTEBOOKS / "first_hour.py"
    code = [line for line in script.read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith("#")]
    assert len(code) <= 20
    monkeypatch.chdir(tmp_path)
    ran = run_script(script)
    files = {path.name for path in tmp_path.iterdir()}
    assert {"mine.csv", "mine-1.h5", "mine-5.h5", "mine.html", "mine-saddles.h5", "mine-saddles.html", "beside.h5"} <= files
    assert {"time.csv", "events.csv", "saddles.csv"} <= {path.name for path in (tmp_path / "mine-1").iterdir()}
    points, beside = ran["points"], ran["beside"]
    start = beside.weights(0.0)
    assert abs(np.linalg.norm(start - points.catalogue["point"].values[1]) - 1e-3) < 1e-9
    assert float(beside.loss[-1]) < 0.5 * float(points.catalogue["loss"][1])
    assert len(points.group("escapes")["kind"]) > 0
