"""Shared by the tests of the tools: TEST.py BIN_DIR STUDIES [more]."""
import os
import re
import subprocess
import sys
import tempfile

BIN, STUDIES, MORE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sys.argv[3:]
MAIN = os.path.join(STUDIES, "saddle-to-saddle.toml")


def flow(*arguments, **options):
    """Runs sf-flow; returns the finished process with its text."""
    return subprocess.run([os.path.join(BIN, "sf-flow"), *arguments], capture_output=True, text=True, **options)


def kkt(*arguments, **options):
    """Runs sf-kkt."""
    return subprocess.run([os.path.join(BIN, "sf-kkt"), *arguments], capture_output=True, text=True, **options)


def claims(*arguments, **options):
    """Runs sf-claims."""
    return subprocess.run([os.path.join(BIN, "sf-claims"), *arguments], capture_output=True, text=True, **options)


def succeed(*arguments, **options):
    result = flow(*arguments, **options)
    assert result.returncode == 0, (arguments, result.returncode, result.stderr)
    return result.stdout


def skeleton_tables(text):
    """What sf-skeleton prints: rows of the skeleton, then of every other sequence, as lists of words."""
    parts, rows = [], []
    for line in text.splitlines():
        if re.match(r"\s+# ", line):
            rows = []
            parts.append(rows)
        elif parts and re.match(r"\s*(\d+|-) ", line):
            rows.append(line.split())
    return parts


def one_line(result, code, *words):
    """The promise of every error: one line on stderr that names what is wrong, and a documented exit status."""
    lines = result.stderr.splitlines()
    assert result.returncode == code, (code, result.returncode, result.stderr)
    assert len(lines) == 1 and lines[0].startswith(os.path.basename(result.args[0]) + ": "), result.stderr
    for word in words:
        assert word in lines[0], (word, lines[0])
    print(f"exit {code}: {lines[0]}")


def in_temporary_folder(test):
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            test()
        finally:
            os.chdir("/")
