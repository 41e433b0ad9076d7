"""Sweeps for the tests: a small study, and sf-sweep on it."""
import os
import subprocess

from tool import BIN

STUDY = """[network]
layers = [2, 4, 1]
slope = 0.0
power = 2
[data]
inputs = "gaussian"
samples = 20
seed = 1
targets = "teacher"
[init]
scale = 1e-2
seed = 1
[flow]
t_end = 100.0
rtol = 1e-6
"""


def write(name, text):
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)


def sweep(*arguments, **options):
    """Runs sf-sweep; returns the finished process with its text."""
    return subprocess.run([os.path.join(BIN, "sf-sweep"), *arguments], capture_output=True, text=True, **options)


def succeed(*arguments, **options):
    result = sweep(*arguments, **options)
    assert result.returncode == 0, (arguments, result.returncode, result.stdout, result.stderr)
    return result.stdout
