"""What the exit status and the last line say of a path: gauges beyond their bounds, --verify, branchings."""
import os
import random

import h5py

from tool import MAIN, STUDIES, flow, in_temporary_folder, one_line, succeed

SMALL = [os.path.join(STUDIES, "leaky-relu.toml"), "--set", "network.layers=[6, 10, 1]", "--set", "data.samples=40",
         "--set", "flow.t_end=20.0"]
# Every sample with its opposite: a neuron slides on the kinks of a pair until its outer weight passes through zero. From
# there on the surface repels to both sides, and the flow is not unique.
BRANCHING = """
[network]
kind = "feed_forward"
layers = [2, 2, 1]
slope = 0.0
power = 1
[data]
inputs = "given"
targets = "given"
[data.given]
inputs = [[1.8, 0.4], [0.1, -1.9], [-1.8, -0.4], [-0.1, 1.9]]
targets = [[-0.3], [-0.4], [-0.1], [-0.6]]
[init]
scale = 0.7
seed = 3
[flow]
t_end = 10
"""


def attributes(file):
    with h5py.File(file) as run:
        return dict(run["run"].attrs)


def last_line(text):
    return text.splitlines()[-1]


def gauges_stop_the_run():
    for key, reason in (("verify.energy", "energy_drift"), ("verify.balance", "balance_drift")):
        one_line(flow(*SMALL, "-o", "stopped.h5", "--force", "--set", f"{key}=1e-16"), 3, "stopped.h5", reason)
        run = attributes("stopped.h5")
        assert run["stop_reason"] == reason and key in run["stop_message"], run
        with h5py.File("stopped.h5") as file:  # whole and readable up to there
            assert len(file["time"]) >= 2 and file["time"][-1] < 20, file["time"][:]
    text = flow(*SMALL, "-o", "stopped.h5", "--force", "--set", "verify.energy=1e-16").stdout
    assert last_line(text).startswith("trust:   the path ends where the run stopped (energy_drift)"), text


def the_last_line_says_what_is_known():
    text = succeed(*SMALL, "-o", "run.h5")
    assert last_line(text).startswith("trust:   no check has failed: balance within 1e-0"), text
    text = succeed(*SMALL, "-o", "run.h5", "--force", "--verify")
    assert last_line(text).startswith("trust:   confirmed at a tenth of the tolerance: the path is known to "), text
    print(last_line(text))


def verify_has_a_bound():
    result = flow(*SMALL, "-o", "run.h5", "--force", "--verify", "--set", "verify.bound=1e-14")
    one_line(result, 3, "run.h5", "path error", "verify.bound", "1.0e-14")
    assert last_line(result.stdout).startswith("trust:   not confirmed at a tenth of the tolerance: path error"), result
    assert attributes("run.h5")["stop_reason"] == "reached_end"  # the run itself is what it was


def a_tolerance_that_loses_kinks_is_not_confirmed():
    # So loose a tolerance that the sequence of kinks is another one at a tenth of it.
    result = flow(*SMALL, "-o", "loose.h5", "--verify", "--set", "data.seed=5", "--set", "flow.rtol=0.1", "--set",
                  "flow.t_end=400.0", "--set", "verify.bound=10.0")
    assert result.returncode == 3 and "neuron " in result.stderr and "changes its side" in result.stderr, result
    print(result.stderr.strip())


def bounds_are_keys():
    for key in ("bound", "balance", "energy", "loss_rise"):
        one_line(flow(MAIN, "--set", f"verify.{key}=-1.0"), 2, f"verify.{key}", "-1")


def branchings_are_recorded_and_counted():
    with open("branching.toml", "w", encoding="utf-8") as study:
        study.write(BRANCHING)
    text = succeed("branching.toml", "-o", "branching.h5")
    run = attributes("branching.h5")
    with h5py.File("branching.h5") as file:
        kind = file["mode_changes/kind"][:]
        flags = file["mode_changes/kind"].attrs["flag_meanings"]
    assert flags == "cross enter release branch", flags
    assert run["branchings"] >= 1 and (kind == 3).sum() >= 1, (run, kind)
    assert run["mode_changes"] == (kind != 3).sum(), (run, kind)
    assert "not unique" in text and "the flow is not unique: it branches at" in last_line(text), text
    print(last_line(text))


def a_sample_of_the_ways_out_is_not_certain():
    # All forty kinks of a neuron whose weights are zero, in eight dimensions: C(40, 7) choices of kinks that vanish.
    source = random.Random(3)
    given = [[source.gauss(0, 1) for _ in range(8)] for _ in range(40)]
    targets = [[source.gauss(0, 1)] for _ in range(40)]
    with open("zero.toml", "w", encoding="utf-8") as study:
        study.write(f"""
[network]
kind = "feed_forward"
layers = [8, 1, 1]
slope = 0.0
power = 1
[data]
inputs = "given"
targets = "given"
[data.given]
inputs = {given}
targets = {targets}
[init]
kind = "given"
weights = {[0.0] * 8 + [1.0]}
keep_norm = true
[flow]
t_end = 0.01
""")
    result = flow("zero.toml", "-o", "zero.h5")
    one_line(result, 3, "zero.h5", "not certain", "random sample")
    assert last_line(result.stdout).startswith("trust:   not certain: at 1 time"), result
    assert attributes("zero.h5")["sampled_decisions"] == 1
    print(last_line(result.stdout))


def a_run_that_stands_still_ends():
    """A neuron that one wrong sample holds at zero: its force changes within the last digits of the pre-activation."""
    result = flow(os.path.join(STUDIES, "late-phase.toml"), "--set", "init.seed=5", "-o", "still.h5")
    one_line(result, 3, "still.h5", "step_underflow")
    assert "stands still" in result.stdout, result.stdout
    found = attributes("still.h5")
    assert found["stop_reason"] == "step_underflow" and found["steps_accepted"] < 10000, found
    print(f"late phase from seed 5: stands still after {int(found['steps_accepted'])} steps")


def main():
    for test in (gauges_stop_the_run, the_last_line_says_what_is_known, verify_has_a_bound,
                 a_tolerance_that_loses_kinks_is_not_confirmed, bounds_are_keys, branchings_are_recorded_and_counted,
                 a_sample_of_the_ways_out_is_not_certain, a_run_that_stands_still_ends):
        test()


in_temporary_folder(main)
