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

from browser_test import SKIPPED, chromium

# page, axes, fewest sheets
CASES = [("plane", "x=log&y=log", 4), ("modes", "x=steps", 4), ("saddles", "x=log", 4), ("growing", "x=log", 3), ("several", "", 1), ("runs", "y=log", 2)]

RESOLUTION = "40"
# A sheet with two lines of text has about a hundred pixels of ink among its 155 000; an empty frame has none so dark.
INK, LEAST_INK = 170, 30
PAPER, LEAST_PAPER = 235, 0.6


def sheets_of(browser, page, address, folder, name):
    """The sheets of a printed page, each as (width, height, grey pixels)."""
    pdf = Path(folder) / f"{name}.pdf"
    chromium(browser, page.resolve().as_uri() + address, f"--print-to-pdf={pdf}", "--no-pdf-header-footer", "--print-to-pdf-no-header")
    subprocess.run(["pdftoppm", "-gray", "-r", RESOLUTION, str(pdf), str(pdf.with_suffix(""))], check=True)
    found = []
    for path in sorted(Path(folder).glob(f"{name}-*.pgm")):
        magic, size, largest, pixels = path.read_bytes().split(b"\n", 3)
        assert magic == b"P5" and largest == b"255", path
        width, height = map(int, size.split())
        found.append((width, height, pixels))
    return found


def failures(name, sheets, fewest):
    if len(sheets) < fewest:
        yield f"{name}: {len(sheets)} sheets, expected at least {fewest}"
    for number, (width, height, pixels) in enumerate(sheets, 1):
        ink = sum(1 for value in pixels if value < INK)
        paper = sum(1 for value in pixels if value > PAPER) / (width * height)
        if ink < LEAST_INK:
            yield f"{name}: sheet {number} of {len(sheets)} is blank, {ink} dark pixels"
        if paper < LEAST_PAPER:
            yield f"{name}: sheet {number} of {len(sheets)} is dark, {paper:.0%} of it is white"


def main(render, folder):
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None or shutil.which("pdftoppm") is None:
        print("skipped: chromium or pdftoppm is not installed (Debian packages chromium, poppler-utils)")
        return SKIPPED
    subprocess.run([render, folder], check=True)
    problems, count = [], 0
    for name, address, fewest in CASES:
        page = Path(folder) / f"{name}.html"
        dark = sheets_of(browser, page, f"#{address}&theme=dark", folder, f"{name}-dark")
        problems += failures(name, dark, fewest)
        count += len(dark)
        if dark != sheets_of(browser, page, f"#{address}&theme=light", folder, f"{name}-light"):
            problems.append(f"{name}: printed otherwise from dark paper than from light")
    print("\n".join(problems) or f"{count} sheets of {len(CASES)} pages, none blank or dark")
    return 1 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(main(sys.argv[1], sys.argv[2]))
    with tempfile.TemporaryDirectory(prefix="saddleflow-print-") as temporary:
        sys.exit(main(sys.argv[1], temporary))
