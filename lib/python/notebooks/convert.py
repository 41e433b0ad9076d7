"""Writes the notebooks from the scripts beside them: convert.py [--check]. With --check, status 1 where one is not up to date.

In a script "# %%" begins a cell of code and "# %% [markdown]" one of text.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent


def cells_of(text):
    for number, part in enumerate(text.split("# %%")[1:]):
        head, _, body = part.partition("\n")
        lines = body.strip("\n").split("\n")
        common = {"id": f"cell-{number}", "metadata": {}}
        if head.strip() == "[markdown]":
            lines = [line.removeprefix("#").removeprefix(" ") for line in lines]
            yield {"cell_type": "markdown", **common, "source": "\n".join(lines)}
        else:
            yield {"cell_type": "code", **common, "source": "\n".join(lines), "execution_count": None, "outputs": []}


def notebook(script):
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    content = {"cells": list(cells_of(script.read_text(encoding="utf-8"))), "metadata": {"kernelspec": kernel},
               "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def main(check):
    late = []
    for script in sorted(HERE.glob("*.py")):
        if script == Path(__file__):
            continue
        path, text = script.with_suffix(".ipynb"), notebook(script)
        if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            late.append(path.name)
        elif not check:
            path.write_text(text, encoding="utf-8")
    if late:
        print("not up to date, run convert.py:", ", ".join(late))
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
