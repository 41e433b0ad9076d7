"""Every line of the notebooks runs, and the notebooks are those of the scripts."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "lib" / "python" / "notebooks"
SCRIPTS = [path for path in sorted(NOTEBOOKS.glob("*.py")) if path.name != "convert.py"]


def test_notebooks_are_up_to_date():
    assert len(SCRIPTS) == 3
    done = subprocess.run([sys.executable, NOTEBOOKS / "convert.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_notebook(script, tmp_path, monkeypatch):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(script))
    assert plt.get_fignums(), "no picture"
    for number in plt.get_fignums():
        plt.figure(number).savefig(f"figure-{number}.png")
        assert os.path.getsize(f"figure-{number}.png") > 5_000
    plt.close("all")
    cells = json.loads(script.with_suffix(".ipynb").read_text(encoding="utf-8"))["cells"]
    assert sum(cell["cell_type"] == "code" for cell in cells) >= 3
