"""Every tool that writes, on tiny studies: how it is called, what it writes, how it is called once more without a fault."""
import os

STUDY = """
title = "tiny"
[network]
layers = [2, 2, 1]
[data]
samples = 4
test_samples = 2
[data.teacher]
hidden = [1]
[init]
scale = 1e-1
[flow]
t_end = {end}
rtol = 1e-4
[output]
weights = {{every = 5}}
checkpoint_seconds = 1e-9  # a checkpoint at every step, however fast the machine
[pursuit]
starts = 2
budget = [2]
[experiment]
samples = [4]
seeds = [1]
iterations = 10
"""
# The old file, which a fault must leave whole, is of another study.
OTHER = ("--set", "init.seed=7", "--set", "data.seed=7")
SWEEP = 'study = "t.toml"\n[axes]\n"init.seed" = [1, 2]\n'


class Case:
    """`outputs`: files and folders; `again`: arguments of the call that goes on where the output is not the old one;
    `before`: calls that make what is there at the start, tool first."""

    def __init__(self, name, tool, arguments, outputs, again=None, before=()):
        self.name, self.tool, self.arguments, self.outputs = name, tool, arguments, outputs
        self.again = again or arguments
        self.resumes = again is not None
        self.before = before
        self.names_runs = tool == "sf-sweep"  # status 3 for a run of it that fails, with a line for each


def with_old(name, tool, arguments, output, old=OTHER, again=None):
    """--force over the file of the same call with other settings."""
    forced = [*arguments, "--force"]
    return Case(name, tool, forced, [output], again, [(tool, *arguments, *old)])


def all_cases():
    flow = ["t.toml", "-o", "out/a.h5", "-q"]
    run = ["run.h5", "-o"]
    few = ["--starts", "2"]
    return [
        Case("flow", "sf-flow", flow, ["out/a.h5"], [*flow, "--resume"]),
        with_old("flow --force", "sf-flow", flow, "out/a.h5", again=[*flow, "--resume"]),
        Case("flow --resume", "sf-flow", [*flow, "--resume"], ["out/a.h5"], [*flow, "--resume"],
             [("sf-flow", *flow, "--set", "flow.t_end=5")]),
        Case("flow --verify", "sf-flow", [*flow, "--resume", "--verify"], ["out/a.h5"], [*flow, "--resume", "--verify"],
             [("sf-flow", *flow)]),
        Case("pursuit", "sf-pursuit", ["t.toml", "-o", "out/a.h5", "-q"], ["out/a.h5"],
             ["t.toml", "-o", "out/a.h5", "-q", "--resume"]),
        with_old("kkt", "sf-kkt", [*run, "out/a.h5", "-q", *few], "out/a.h5", ("--seed", "7")),
        with_old("limit", "sf-limit", ["t.toml", "-o", "out/a.h5", "-q", *few], "out/a.h5"),
        with_old("saddles", "sf-saddles", [*run, "out/a.h5", "-q", *few], "out/a.h5", ("--connect",)),
        with_old("skeleton", "sf-skeleton", ["t.toml", "-o", "out/a.h5", "-q", *few, "--quick", "--jumps", "2"], "out/a.h5"),
        with_old("experiment", "sf-experiment", ["t.toml", "-o", "out/a.csv", "-q", "-j", "1"], "out/a.csv",
                 ("--set", "init.seed=7")),
        with_old("export csv", "sf-export", ["run.h5", "--csv", "out", "-q"], "out", ("--weights",)),
        with_old("export compressed", "sf-export", ["run.h5", "--compressed", "out/a.h5", "-q"], "out/a.h5", ()),
        with_old("export v1.8", "sf-export", ["run.h5", "--v1.8", "out/a.h5", "-q"], "out/a.h5", ()),
        with_old("report", "sf-report", [*run, "out/a.html"], "out/a.html", ()),
        with_old("evaluate h5", "sf-evaluate", [*run, "out/a.h5", "-q", "--times", "1,2"], "out/a.h5", ("--spectrum", "none")),
        with_old("evaluate csv", "sf-evaluate", [*run, "out/a.csv", "-q", "--times", "1,2"], "out/a.csv",
                 ("--spectrum", "none")),
        Case("sweep", "sf-sweep", ["s.toml", "-o", "out", "-j", "1", "-q"], ["out"],
             ["s.toml", "-o", "out", "-j", "1", "-q"]),
        Case("sweep --collect", "sf-sweep", ["s.toml", "-o", "runs", "--collect", "--collected", "out/a.h5", "-q"],
             ["out/a.h5"], None, [("sf-sweep", "s.toml", "-o", "runs", "-j", "1", "-q")]),
    ]


def write_inputs(run):
    """Into the current folder; `run` calls a tool."""
    with open("t.toml", "w") as file:
        file.write(STUDY.format(end=20))
    with open("s.toml", "w") as file:
        file.write(SWEEP)
    run("sf-flow", "t.toml", "-o", "run.h5", "-q")
    os.mkdir("out")
