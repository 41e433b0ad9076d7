"""sf-pursuit and sf-experiment: --help, the rounds of a teacher, the file and its points against numpy, killed and
interrupted pursuits, bad input, the table of an experiment."""
import csv
import os
import random
import shutil
import signal
import subprocess
import time

import h5py
import numpy as np
import xarray as xr

from tool import BIN, MAIN, STUDIES, in_temporary_folder, one_line

TEACHER = os.path.join(STUDIES, "pursuit", "teacher.toml")
HYPERCUBE = os.path.join(STUDIES, "pursuit", "hypercube-2.toml")


def pursuit(*arguments, **options):
    return subprocess.run([os.path.join(BIN, "sf-pursuit"), *arguments], capture_output=True, text=True, **options)


def experiment(*arguments, **options):
    return subprocess.run([os.path.join(BIN, "sf-experiment"), *arguments], capture_output=True, text=True, **options)


def done(result):
    assert result.returncode == 0, (result.args, result.returncode, result.stderr)
    return result.stdout


def help_is_complete():
    out = done(pursuit("--help"))
    for word in ("--resume", "--after-round", "--output", "--set", "--force", "--quiet", "[pursuit]", "130", "--version"):
        assert word in out, word
    out = done(experiment("--help"))
    for word in ("--output", "--set", "--force", "--quiet", "experiment.samples", "130"):
        assert word in out, word


def network_of_round(file, k):
    """W1, W2 of round k from the places of the parameters, as any reader of the file would build them."""
    width = int(file["rounds/neurons"][k, 0])
    w = file["weights"][int(file["rounds/snapshot"][k])]
    layer, row, column = (file[f"network/parameter_{name}"][:] for name in ("layer", "row", "column"))
    born = ~np.isnan(w)
    inputs = file["problem/inputs"].shape[1]
    first, second = np.full((width, inputs), np.nan), np.full((1, width), np.nan)
    for matrix, number in ((first, 0), (second, 1)):
        here = born & (layer == number)
        matrix[row[here], column[here]] = w[here]
    assert not np.isnan(first).any() and not np.isnan(second).any()
    return first, second


def rounds_of_a_teacher():
    out = done(pursuit(TEACHER, "-o", "np.h5"))
    print(out)
    assert "end:     loss: the loss asked for is reached" in out and "np.h5" in out
    for engine in ("h5netcdf", "netcdf4"):
        for group in ("/", "/rounds", "/network", "/problem"):
            xr.open_dataset("np.h5", engine=engine, group=group, decode_timedelta=False).close()
    with h5py.File("np.h5") as file:
        x, y = file["problem/inputs"][:], file["problem/targets"][:, 0]
        xt, yt = file["problem/test_inputs"][:], file["problem/test_targets"][:, 0]
        assert file["rounds/neurons"][:, 0].tolist() == [1, 2, 3]
        loss = file["rounds/loss_after"][:]
        assert (np.diff(loss) < 0).all() and loss[-1] < 1e-16
        assert (file["rounds/kkt_residual"][:] <= 1e-10).all() and (file["rounds/value"][:] > 0).all()
        for k in range(3):
            first, second = network_of_round(file, k)
            pre = np.maximum(0, x @ first.T)
            error = (pre**2) @ second[0] - y
            gradient = np.concatenate([((2 * pre * second[0] * error[:, None]).T @ x).ravel(), error @ pre**2])
            assert abs(0.5 * error @ error - loss[k]) <= 1e-12 * max(loss[k], 1e-12)
            print(f"round {k}: loss {loss[k]:.6g}, |grad L| by numpy {np.linalg.norm(gradient):.1e}")
            assert np.linalg.norm(gradient) < 1e-12 * np.linalg.norm(y) ** 2
            test = ((np.maximum(0, xt @ first.T) ** 2) @ second[0] - yt) ** 2
            assert abs(test.sum() / ((yt - yt.mean()) ** 2).sum() - file["rounds/test_error"][k]) < 1e-9


def resumes_after_interrupt_and_kill():
    slow = ["--set", "pursuit.starts=500"]
    done(pursuit(TEACHER, "-o", "whole.h5", "-q", *slow))
    seed = random.randrange(10**6)
    print("seed", seed)
    moments = random.Random(seed)
    for name, number in (("interrupted.h5", signal.SIGINT), ("killed.h5", signal.SIGKILL)):
        stopped = 0
        for attempt in range(100):
            command = [os.path.join(BIN, "sf-pursuit"), TEACHER, "-o", name, "-q", *slow]
            process = subprocess.Popen(command + (["--resume"] if os.path.exists(name) else []))
            time.sleep(moments.uniform(0.2, 0.5 * (attempt + 2)))  # ever longer: a round must fit in
            process.send_signal(number)
            code = process.wait()
            if code == 0:
                break
            assert code in (130, -number), code
            stopped += 1
        assert code == 0
        print(f"{name}: stopped {stopped} times")
        with h5py.File(name) as one, h5py.File("whole.h5") as other:
            for path in ("rounds/loss_after", "rounds/value", "rounds/next_value", "weights", "loss", "time"):
                np.testing.assert_array_equal(one[path][:], other[path][:], path)


def a_resume_is_a_line_of_the_history():
    command = [os.path.join(BIN, "sf-pursuit"), TEACHER, "-o", "history.h5", "-q", "--set", "pursuit.starts=2000"]
    process = subprocess.Popen(command)
    while not os.path.exists("history.h5"):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    for _ in range(2):  # the second one has nothing to add
        subprocess.run(command + ["--resume"], check=True, stdout=subprocess.DEVNULL)
        with h5py.File("history.h5") as file:
            lines = file.attrs["history"].splitlines()
            assert len(lines) == 2 and "--resume" not in lines[0] and "--resume" in lines[1], lines
            assert file["run"].attrs["stop_reason"] == "loss"


def a_file_that_another_has_changed_stays():
    """Two runs on one file: while the first is at its second round, another whole file takes the name."""
    slow = ["--set", "pursuit.starts=2000"]
    process = subprocess.Popen([os.path.join(BIN, "sf-pursuit"), TEACHER, "-o", "shared.h5", "-q", *slow],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not os.path.exists("shared.h5"):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    shutil.copy("np.h5", "np2.h5")
    os.replace("np2.h5", "shared.h5")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 4, (process.returncode, err)
    assert "shared.h5: another process has changed this file" in err and err.count("\n") == 1, err
    assert open("shared.h5", "rb").read() == open("np.h5", "rb").read()
    assert not os.path.exists("shared.h5.part")


def goes_on_from_a_round():
    done(pursuit("np.h5", "--after-round", "0", "-o", "again.h5", "-q"))
    with h5py.File("np.h5") as one, h5py.File("again.h5") as other:
        np.testing.assert_array_equal(one["weights"][:], other["weights"][:])
    done(pursuit("np.h5", "--after-round", "0", "-o", "other.h5", "-q", "--set", "pursuit.scale=1e-2"))


def main_study():
    out = done(pursuit(MAIN))
    assert "0.685563" in out and "0.0202844" in out, out


def bad_input():
    one_line(pursuit("none.toml"), 4, "none.toml")
    one_line(pursuit(TEACHER, "-o", "np.h5"), 2, "np.h5", "--force")
    one_line(pursuit(TEACHER, "--resume"), 2, "--resume")
    started = pursuit(TEACHER, "-o", "nothing.h5", "--resume", "-q")  # of a file that does not exist: it starts
    assert started.returncode == 0 and os.path.exists("nothing.h5"), started.stderr
    one_line(pursuit(TEACHER, "-o", "np.h5", "--resume", "--after-round", "0"), 2, "--after-round")
    one_line(pursuit(TEACHER, "--set", "pursuit.layer_rule=best"), 2, "pursuit.layer_rule", "best_value")
    one_line(pursuit(TEACHER, "--set", "network.kind=\"diagonal_linear\"", "--set", "network.layers=[10]"), 2, "network.kind")
    one_line(pursuit(TEACHER, "--after-round", "1"), 2, "it has no rounds")
    one_line(pursuit("np.h5", "--after-round", "9", "-o", "b.h5"), 2, "round 9", "0 to 2")
    one_line(experiment(MAIN, "--set", "experiment.seeds=[1]"), 2, "data.test_samples")
    one_line(experiment(HYPERCUBE, "-o", "no/such/x.csv"), 4, "no/such/x.csv")


def table_of_an_experiment():
    out = done(experiment(HYPERCUBE, "-o", "table.csv", "--set", "experiment.seeds=[1, 2]", "--set",
                          "experiment.samples=[200]"))
    print(out)
    with open("table.csv") as file:
        rows = list(csv.DictReader(file))
    final = [row for row in rows if row["final"] == "1"]
    assert {row["method"] for row in final} == {"pursuit", "flow", "gradient_descent"} and len(final) == 6
    for seed in ("1", "2"):
        widths = {row["widths"] for row in final if row["seed"] == seed}
        assert len(widths) == 1, widths  # all methods at the same width
    assert "hypercube-2" in out and "test error" in out


def test():
    help_is_complete()
    rounds_of_a_teacher()
    goes_on_from_a_round()
    resumes_after_interrupt_and_kill()
    a_resume_is_a_line_of_the_history()
    a_file_that_another_has_changed_stays()
    main_study()
    bad_input()
    table_of_an_experiment()


in_temporary_folder(test)
