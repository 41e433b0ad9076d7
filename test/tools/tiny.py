"""A tiny study, and every tool as a process: shared by the tests of damaged input and of outputs."""
import os
import subprocess

from tool import BIN

STUDY = """
title = "tiny"
[network]
layers = [2, 3, 1]
slope = 0.0
power = 2
[data]
samples = 6
[data.teacher]
hidden = [2]
[init]
scale = 1e-2
[flow]
t_end = 300
rtol = 1e-6
[output]
weights = {every = 5}
"""
PURSUIT = "[pursuit]\nstarts = 2\n"


def run(tool, *arguments, **options):
    return subprocess.run([os.path.join(BIN, tool), *arguments], capture_output=True, text=True,
                          **{"timeout": 60, **options})


def succeed(tool, *arguments):
    result = run(tool, *arguments)
    assert result.returncode == 0, (tool, arguments, result.returncode, result.stderr)
    return result.stdout
