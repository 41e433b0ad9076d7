"""sf-skeleton: --help, the ready studies against their closed forms, flows and pursuit beside them, bad input."""
import os
import re
import signal
import subprocess
import time

from tool import BIN, STUDIES, in_temporary_folder, one_line, skeleton_tables

V7, V8, RELU, DEEP, LINEAR = (
    os.path.join(STUDIES, "skeleton", name + ".toml")
    for name in ("v7-diagonal", "v8-orthogonal-relu", "squared-relu", "three-layers", "deep-linear"))


def skeleton(*arguments, **options):
    return subprocess.run([os.path.join(BIN, "sf-skeleton"), *arguments], capture_output=True, text=True, **options)


def tables(*arguments):
    """Rows of the skeleton, then of every other sequence, as lists of words."""
    result = skeleton(*arguments, "-q")
    assert result.returncode == 0, result.stderr
    return skeleton_tables(result.stdout)


def help_names_every_option():
    out = skeleton("--help").stdout
    for option in ("--flows", "--pursuit", "--jumps", "--tie", "--tolerance", "--horizon", "--starts", "--seed",
                   "--quick", "--set", "--quiet", "--output", "--force"):
        assert option in out, option


def v7():
    parts = tables(V7, "--flows", "1e-4,1e-8")
    times = [float(row[1]) for row in parts[0]]
    assert abs(times[0] - 10 / 9) < 1e-9 and abs(times[1] - 10) < 1e-8, times
    errors = [[float(row[2]) for row in part] for part in parts[1:]]
    print("V7: jumps", times, "flows off by", errors)
    for coarse, fine in zip(*errors):
        assert abs(coarse / fine - 2) < 1e-3, (coarse, fine)


def v8():
    parts = tables(V8, "--flows", "1e-8,1e-12")
    assert [float(row[1]) for row in parts[0]] == [0.8, 1.333333333]
    plateau, end = (float(row[6]) for row in parts[0])
    assert abs(plateau - 1.125) < 1e-15 and end < 1e-30, (plateau, end)
    assert all(row[0] == str(k + 1) for part in parts[1:] for k, row in enumerate(part))


def squared_relu_and_pursuit():
    parts = tables(RELU, "--flows", "1e-3", "--pursuit")
    assert len(parts) == 3 and all([row[0] for row in part] == ["1", "2", "3"] for part in parts)
    shift = [abs(float(row[2])) / float(row[1]) for row in parts[1]]
    print("squared ReLU: flow from 1e-3 off by", shift, "of the slow times; pursuit visits the same three points")
    assert max(shift) < 5e-3


def three_layers():
    parts = tables(DEEP, "--flows", "1e-1,3e-2,1e-2", "--pursuit")
    assert [len(part) for part in parts] == [2, 2, 2, 2, 2], parts
    rows = [part[1] for part in parts[1:]]
    assert rows[0][2:4] == ["(not", "visited:"], rows[0]  # from 0.1 another way
    assert all(row[1].startswith("+") for row in rows[1:3]), rows
    off = [float(row[2]) for row in rows[1:3]]
    print("three layers: flows from 3e-2 and 1e-2 off by", off, "in the time since the first jump")
    assert abs(off[0] / off[1] - 3) < 0.1, off
    assert float(rows[3][-1]) < 1e-6, rows[3]


def without_skeleton():
    """Power 1 and several hidden layers: flows and pursuit beside one another."""
    result = skeleton(DEEP, "--set", "network.power=1", "--set", "network.slope=0.2", "--set", "data.teacher.hidden=[1, 1]",
                      "--set", "flow.t_end=400", "--set", "flow.rtol=1e-8", "--flows", "1e-3", "--pursuit", "-q", "--quick")
    assert result.returncode == 0, result.stderr
    assert "no skeleton: network: found 3 layers of weights with kinks (power 1, slope 0.2)" in result.stdout, result.stdout
    assert "from the first jump on t / ln(1/delta)" in result.stdout and "- first" in result.stdout, result.stdout
    assert "\npursuit: " in result.stdout, result.stdout


def deep_linear():
    # The flow from 1e-3 took 861 000 explicit steps where rounding was taken for an error (linear networks).
    steps = re.findall(r"(\d+) steps", skeleton(LINEAR, "--flows", "1e-3", "--quick", "-q").stdout)
    assert len(steps) == 1 and int(steps[0]) < 10_000, steps
    parts = tables(LINEAR, "--flows", "1e-2,1e-3", "--pursuit", "--quick")
    assert [row[6] for row in parts[0]] == ["2", "4", "6"], parts[0]
    errors = [[float(row[2]) for row in part] for part in parts[1:3]]
    print("deep linear: jumps", [row[1] for row in parts[0]], "flows off by", errors)
    for coarse, fine in zip(*errors):
        assert 9 < coarse / fine < 11, (coarse, fine)
    assert [row[0] for row in parts[3]] == ["1", "2", "3"], parts[3]
    assert " ".join(parts[3][1][2:]).startswith("(not visited: the pursuit ended before: stationary, loss 11.26"), parts[3]


def a_pursuit_that_fails():
    """A teacher that is silent on all samples. The skeleton is printed all the same."""
    result = skeleton(DEEP, "--set", "network.layers=[3, 6, 5, 4, 1]", "--set", "data.teacher.hidden=[1, 1, 1]",
                      "--pursuit", "-q", "--quick")
    assert result.returncode == 3, (result.returncode, result.stdout)
    assert "pursuit: failed, none of 16 starts led to a positive KKT point" in result.stdout, result.stdout
    assert "L(0) = 0\n" in result.stdout and "end: fitted" in result.stdout, result.stdout


def bad_input():
    one_line(skeleton("missing.toml"), 4, "missing.toml")
    one_line(skeleton(V7, "--flows", "1e-3,x"), 2, "--flows", "1e-3,x")
    one_line(skeleton(V7, "--flows", "2"), 2, "2")
    one_line(skeleton(V7, "--pursuit"), 2, "v7-diagonal.toml", "diagonal_linear", "feed_forward")
    one_line(skeleton(DEEP, "--set", "network.power=1"), 2, "three-layers.toml", "one hidden layer")


def interrupted_after(seconds):
    child = subprocess.Popen([os.path.join(BIN, "sf-skeleton"), RELU, "--flows", ",".join(["1e-7"] * 50)],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(seconds)
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=60)
    assert child.returncode == 130
    return out


def ctrl_c_is_clean():
    """What was found is printed; the skeleton takes a second, on a busy machine more."""
    assert any("end: fitted" in interrupted_after(seconds) for seconds in (3, 12, 40))


def main():
    for test in (help_names_every_option, v7, v8, squared_relu_and_pursuit, three_layers, deep_linear, without_skeleton,
                 a_pursuit_that_fails, bad_input, ctrl_c_is_clean):
        test()


in_temporary_folder(main)
