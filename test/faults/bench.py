"""A tool's call in a folder that is made anew every time; TEST.py BIN_DIR [more]."""
import os
import shutil
import subprocess
import sys

from contents import contents

BIN = os.path.abspath(sys.argv[1])
LIMIT = 60  # seconds of a call that takes a tenth of one


def run(tool, *arguments, **environment):
    return subprocess.run([os.path.join(BIN, tool), *arguments], capture_output=True, text=True, errors="replace",
                          timeout=LIMIT, env={**os.environ, **environment})


def succeed(tool, *arguments):
    result = run(tool, *arguments)
    assert result.returncode == 0, (tool, arguments, result.returncode, result.stderr)


def sample(count, most):
    """Numbers of calls from 1 to count, evenly spread if they are more than `most` (0: all)."""
    if most == 0 or count <= most:
        return list(range(1, count + 1))
    return sorted({1 + k * (count - 1) // max(1, most - 1) for k in range(most)})


class Bench:
    """A case, its start and the clean result."""

    def __init__(self, case, template):
        self.case, self.start, self.place = case, template + "-start", template + "-place"
        self.report = template + "-count"
        shutil.copytree(template, self.start)
        os.chdir(self.start)
        for call in case.before:
            succeed(*call)
        self.renew()
        succeed(case.tool, *case.arguments)
        self.clean = self.outputs()

    def renew(self):
        os.chdir("/")
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.start, self.place)
        os.chdir(self.place)

    def remove(self):
        os.chdir("/")
        shutil.rmtree(self.start)
        shutil.rmtree(self.place)

    def outputs(self):
        return {name: contents(name) for name in self.case.outputs}

    def run(self, shim, **plan):
        """The call with the shim before it, and a plan of it (fault_shim.cpp); the counts are then in `report`."""
        return run(self.case.tool, *self.case.arguments, LD_PRELOAD=shim, FAULT_PROGRAM=self.case.tool,
                   FAULT_PREFIX=self.place, FAULT_REPORT=self.report, **plan)

    def begin(self):
        """The call as a process that goes on beside this one; nobody reads what it prints."""
        return subprocess.Popen([os.path.join(BIN, self.case.tool), *self.case.arguments],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
