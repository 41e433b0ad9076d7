"""Prints rendered reports with headless Chromium and looks at the sheets. usage: print_test.py RENDER_EXAMPLE [FOLDER]

No sheet is blank, the paper is light, and a page that is read in dark colours is printed as one that is read in light
ones, pixel by pixel. With FOLDER the pages and sheets are left there. Exit status 77 (skipped) without Chromium or without
pdftoppm (Debian package poppler-utils).
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from browser import SKIPPED, Browser, installed

# page, axes, fewest sheets
CASES = [("plane", "x=log&y=log", 4), ("modes", "x=steps", 4), ("saddles", "x=log", 4), ("growing", "x=log", 3), ("several", "", 1), ("runs", "y=log", 2)]

RESOLUTION = "40"
# A sheet with two lines of text has about a hundred pixels of ink among its 155 000; an empty frame has none so dark.
INK, LEAST_INK = 170, 30
PAPER, LEAST_PAPER = 235, 0.6


def sheets_of(browser, page, address, folder, name):
    """The sheets of a printed page, each as (width, height, grey pixels as numpy array)."""
    pdf = Path(folder) / f"{name}.pdf"
    browser.open(page.resolve().as_uri() + address, "ready")
    pdf.write_bytes(browser.pdf())
    subprocess.run(["pdftoppm", "-gray", "-r", RESOLUTION, str(pdf), str(pdf.with_suffix(""))], check=True)
    found = []
    for path in sorted(Path(folder).glob(f"{name}-*.pgm")):
        magic, size, largest, pixels = path.read_bytes().split(b"\n", 3)
        assert magic == b"P5" and largest == b"255", path
        width, height = map(int, size.split())
        found.append((width, height, np.frombuffer(pixels, np.uint8)))
    return found


def same(sheets, others):
    return len(sheets) == len(others) and all(a[:2] == b[:2] and np.array_equal(a[2], b[2]) for a, b in zip(sheets, others))


def failures(name, sheets, fewest):
    if len(sheets) < fewest:
        yield f"{name}: {len(sheets)} sheets, expected at least {fewest}"
    for number, (width, height, pixels) in enumerate(sheets, 1):
        ink = np.count_nonzero(pixels < INK)
        paper = np.count_nonzero(pixels > PAPER) / (width * height)
        if ink < LEAST_INK:
            yield f"{name}: sheet {number} of {len(sheets)} is blank, {ink} dark pixels"
        if paper < LEAST_PAPER:
            yield f"{name}: sheet {number} of {len(sheets)} is dark, {paper:.0%} of it is white"


def main(render, folder):
    if installed() is None or shutil.which("pdftoppm") is None:
        print("skipped: chromium or pdftoppm is not installed (Debian packages chromium, poppler-utils)")
        return SKIPPED
    subprocess.run([render, folder], check=True)
    problems, count = [], 0
    with Browser() as browser:
        for name, address, fewest in CASES:
            page = Path(folder) / f"{name}.html"
            dark = sheets_of(browser, page, f"#{address}&theme=dark", folder, f"{name}-dark")
            problems += failures(name, dark, fewest)
            count += len(dark)
            light = sheets_of(browser, page, f"#{address}&theme=light", folder, f"{name}-light")
            if not same(dark, light):
                problems.append(f"{name}: printed otherwise from dark paper than from light")
    print("\n".join(problems) or f"{count} sheets of {len(CASES)} pages, none blank or dark")
    return 1 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(main(sys.argv[1], sys.argv[2]))
    with tempfile.TemporaryDirectory(prefix="saddleflow-print-") as temporary:
        sys.exit(main(sys.argv[1], temporary))
