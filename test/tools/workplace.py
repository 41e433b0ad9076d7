"""A folder like the top of the repository after tools/quickstart, without its runs."""
import os

from tool import BIN, STUDIES

ROOT = os.path.dirname(os.path.dirname(STUDIES))
# The Python package lies beside the tools in a build folder.
PYTHON = os.path.join(os.path.dirname(BIN), "python")
ENVIRONMENT = {**os.environ, "PATH": BIN + ":" + os.environ["PATH"], "MPLBACKEND": "Agg", "PYTHONPATH": PYTHON}


def make_workplace():
    for name in ("tools", "lib", "test"):
        os.symlink(os.path.join(ROOT, name), name)
    os.makedirs("build/release")
    os.symlink(BIN, "build/release/bin")
    os.mkdir("output")
