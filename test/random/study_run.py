"""One run of sf-flow with a limit of time, and what its file says."""
import os
import re
import signal
import subprocess

import h5py
import numpy as np

# What a process may take to stop after SIGINT; a busy machine counted in.
GRACE = 60


def processor_seconds(pid):
    """That a process has taken; on a busy machine the clock says nothing."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def said_at_its_end(child, wait=0.1):
    """Standard error of a process; None where it has not ended within so many seconds."""
    try:
        return child.communicate(timeout=wait)[1]
    except subprocess.TimeoutExpired:
        return None


class Flow:
    """sf-flow of a study text: status, lines on standard error, whether the limit of time ended it."""

    def __init__(self, tool, toml, name, limit, *options):
        self.path = name + ".h5"
        with open(name + ".toml", "w") as file:
            file.write(toml)
        for old in (self.path, name + ".ckpt.h5"):
            if os.path.exists(old):
                os.remove(old)
        child = subprocess.Popen([tool, name + ".toml", "-o", self.path, "-q", *options], text=True,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.limited = self.hangs = False
        while (errors := said_at_its_end(child)) is None:
            if processor_seconds(child.pid) < limit:
                continue
            self.limited = True
            child.send_signal(signal.SIGINT)
            errors = said_at_its_end(child, GRACE)
            if errors is None:
                self.hangs = True
                child.kill()
                _, errors = child.communicate()
        self.status, self.lines = child.returncode, errors.splitlines()
        # Standard error has warnings as well; the last line is that of the status.
        self.message = self.lines[-1] if self.lines else ""

    def read(self):
        return Stored(self.path) if os.path.exists(self.path) else None


# Numbers that are always known, by output/README.md; margins are not while a sample is misclassified.
KNOWN_ROWS = ("time", "loss", "gradient_norm", "weight_norm", "balance_drift", "energy_drift", "proximity", "layer_norm",
              "neuron_norm", "log_time", "log_weight_norm", "phase_time", "snapshot_time", "weights", "kkt_residual")


class Stored:
    """What the checks need of a run file."""

    def __init__(self, path):
        with h5py.File(path, "r") as file:
            self.run = dict(file["run"].attrs)
            self.reason = self.run["stop_reason"]
            self.columns = {name: file[name][:] for name in (*KNOWN_ROWS, "step_size")}
            self.methods = {}
            flags = file["stepper"].attrs
            names = dict(zip(np.atleast_1d(flags["flag_values"]).tolist(), flags["flag_meanings"].split()))
            for value in file["stepper"][:]:
                name = names.get(int(value), "none")
                self.methods[name] = self.methods.get(name, 0) + 1

    def number(self, name):
        return float(self.run.get(name, 0.0))

    def faults(self):
        """What no file may have, in words."""
        found = []
        for name in KNOWN_ROWS:
            column = self.columns[name]
            finite = np.isfinite(column)
            if name.startswith("log_"):  # of zero
                finite |= (self.columns[name[len("log_"):]] == 0) & (column == -np.inf)
            elif name == "proximity":  # where all outputs are zero
                finite |= column == np.inf
            elif name == "kkt_residual":  # no angle
                finite |= self.columns["weight_norm"] == 0
            if not finite.all():
                found.append(f"{name} is not finite")
        for name in ("time", "snapshot_time"):
            if (np.diff(self.columns[name]) < 0).any():
                found.append(f"{name} falls")
        if (self.columns["step_size"] < 0).any():
            found.append("step_size is negative")
        return found


def estimated_escape(tool, toml, name):
    """The time in which a start grows to order one, by the gradient at the start; None and a line where the study is
    refused."""
    with open(name + ".toml", "w") as file:
        file.write(toml)
    result = subprocess.run([tool, name + ".toml", "--dry-run"], capture_output=True, text=True, timeout=60)
    if result.returncode != 0:
        return None, result
    found = re.search(r"# (\d+) weights.*\|grad L\(0\)\| = ([-+.0-9e]+|inf|nan)", result.stdout)
    return float(found.group(2)), result
