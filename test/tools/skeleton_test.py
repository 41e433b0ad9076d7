"""sf-skeleton: --help, the ready studies against their closed forms, flows and pursuit beside them, bad input."""
import os
import re
import signal
import subprocess
import time

from tool import BIN, MAIN, STUDIES, in_temporary_folder, one_line

V7, V8, RELU = (os.path.join(STUDIES, "skeleton", name + ".toml")
                for name in ("v7-diagonal", "v8-orthogonal-relu", "squared-relu"))


def skeleton(*arguments, **options):
    return subprocess.run([os.path.join(BIN, "sf-skeleton"), *arguments], capture_output=True, text=True, **options)


def tables(*arguments):
    """Rows of the skeleton, then of every other sequence, as lists of words."""
    result = skeleton(*arguments, "-q")
    assert result.returncode == 0, result.stderr
    parts, rows = [], []
    for line in result.stdout.splitlines():
        if re.match(r"\s+# ", line):
            rows = []
            parts.append(rows)
        elif parts and re.match(r"\s*(\d+|-) ", line):
            rows.append(line.split())
    return parts


def help_names_every_option():
    out = skeleton("--help").stdout
    for option in ("--flows", "--pursuit", "--jumps", "--tie", "--tolerance", "--horizon", "--starts", "--seed",
                   "--quick", "--set", "--quiet"):
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


def bad_input():
    one_line(skeleton("missing.toml"), 4, "missing.toml")
    one_line(skeleton(V7, "--flows", "1e-3,x"), 2, "--flows", "1e-3,x")
    one_line(skeleton(V7, "--flows", "2"), 2, "2")
    one_line(skeleton(V7, "--pursuit"), 2, "v7-diagonal.toml", "diagonal_linear", "feed_forward")
    one_line(skeleton(MAIN, "--set", "network.layers=[10, 5, 5, 1]"), 2, "saddle-to-saddle.toml", "one hidden layer")


def ctrl_c_is_clean():
    child = subprocess.Popen([os.path.join(BIN, "sf-skeleton"), RELU, "--flows", ",".join(["1e-7"] * 50)],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(3)
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "end: fitted" in out


def main():
    for test in (help_names_every_option, v7, v8, squared_relu_and_pursuit, bad_input, ctrl_c_is_clean):
        test()


in_temporary_folder(main)
