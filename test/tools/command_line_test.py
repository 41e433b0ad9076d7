"""--help, --dry-run, --set, --verify, --resume of a finished run, snapshots as asked for, a live reader."""
import os
import re
import subprocess
import time

import h5py
import numpy as np

from tool import BIN, MAIN, STUDIES, flow, in_temporary_folder, kkt, succeed


def help_is_complete():
    text = succeed("--help")
    for option in ("--output", "--set", "--force", "--resume", "--verify", "--dry-run", "--quiet", "--version"):
        assert option in text, option
    for word in ("network", "layers", "rtol", "checkpoint_seconds", "130", "[[events.level]]"):
        assert word in text, word
    assert succeed("--version").startswith("sf-flow ")


def tools():
    """The names of the tools, from their sources."""
    folder = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "tools")
    return sorted(name.removesuffix(".cpp") for name in os.listdir(folder) if re.fullmatch(r"sf-[a-z]+\.cpp", name))


def every_help_has_the_same_layout():
    """Usage, one sentence, options, and the same exit statuses in the same words; no line is longer than 100 characters."""
    statuses = {}
    for tool in tools():
        result = subprocess.run([os.path.join(BIN, tool), "--help"], capture_output=True, text=True)
        assert result.returncode == 0 and result.stderr == "", (tool, result.stderr)
        lines = result.stdout.splitlines()
        for line in lines:
            assert len(line) <= 100 and line == line.rstrip(), f"{tool} --help: {len(line)} characters: {line}"
        assert lines[0].startswith(f"Usage: {tool} [OPTIONS] "), (tool, lines[0])
        sentence = " ".join(lines[1:lines.index("")])
        assert re.fullmatch(r"[A-Z].*\.", sentence) and len(sentence) < 200, (tool, sentence)
        headings = [line for line in lines if line in ("Arguments:", "Options:", "Exit status:")]
        assert headings == ["Arguments:", "Options:", "Exit status:"], (tool, headings)
        place = lines.index("Exit status:")
        table = [line for line in lines[place + 1:] if re.match(r"  \d+ ", line)]
        statuses[tool] = table
        # Descriptions begin in one column, also where they go on in the next line.
        options = lines[lines.index("Options:") + 1:place]
        for line in options[:options.index("")]:
            assert re.match(r" {32}\S|  -.{27}  \S|  -\S+ \S+$", line), (tool, line)
    first = statuses["sf-flow"]
    assert [line.split()[0] for line in first] == ["0", "1", "2", "3", "4", "130"], first
    assert len(statuses) >= 11, statuses.keys()
    for tool, table in statuses.items():
        assert table == first, (tool, table)
    print(f"{len(statuses)} tools with one layout of --help")


def dry_run_is_a_study():
    text = succeed(MAIN, "--dry-run", "--set", "flow.rtol=1e-6")
    with open("filled.toml", "w") as file:
        file.write(text)
    again = succeed("filled.toml", "--dry-run")
    assert again == text and re.search(r"rtol\s*=\s*1e-0?6|rtol\s*=\s*0.000001", text), text
    assert os.listdir(".") == ["filled.toml"], os.listdir(".")


def verify_reports_the_path_error():
    out = succeed(MAIN, "-o", "v.h5", "--verify", "--set", "flow.t_end=2900")
    line = next(l for l in out.splitlines() if l.startswith("verify:"))
    print(line)
    assert "event sequence unchanged" in line
    with h5py.File("v.h5") as file:
        attributes = dict(file["run"].attrs)
    assert 0 < attributes["path_error_estimate"] < 1e-4, attributes["path_error_estimate"]
    assert attributes["event_sequence_confirmed"] == 1


def a_run_that_an_event_stopped_can_be_verified():
    out = succeed(MAIN, "-o", "e.h5", "--verify", "--set", "events.saddle.stop_after=1")
    assert "event:saddle_leave" in out
    line = next(l for l in out.splitlines() if l.startswith("verify:"))
    assert "unchanged" in line and "early" not in line, line


def verification(*arguments):
    """(path error, error of event times, the line) of a verified run."""
    out = succeed(*arguments, "--force", "--verify", "--set", "flow.max_steps=20000")
    line = next(l for l in out.splitlines() if l.startswith("verify:"))
    print(line)
    found = re.search(r"path error (\S+) .*event times ([^\s,]+)", line)
    return float(found[1]), float(found[2]), line


def runs_from_tiny_starts_can_be_verified():
    """At 1e-50 the time to the escape is 1e50 and has no digit left for what follows."""
    for scale in ("1e-3", "1e-10", "1e-50"):
        path, times, line = verification(MAIN, "-o", "tiny.h5", "--set", f"init.scale={scale}", "--set",
                                         "flow.t_end=300.0", "--set", 'flow.t_end_from="escape"')
        assert 0 < path < 1e-4 and 0 < times < 1e-6 and "unchanged" in line and "early" not in line, line
    # A tolerance that is no longer that of the file shows: the comparison is one.
    path, _, line = verification(MAIN, "-o", "tiny.h5", "--set", "init.scale=1e-50", "--set", "flow.t_end=300.0",
                                 "--set", 'flow.t_end_from="escape"', "--set", "flow.rtol=1e-5")
    assert path > 1e-7, line  # 1e-8 at the file's own
    # Degree 2, to its first saddle. The second mode is then 1e-33 of the first, which no double holds beside it: how
    # long the flow stays there is rounding.
    linear = os.path.join(STUDIES, "linear-exact.toml")
    path, times, line = verification(linear, "-o", "tiny.h5", "--set", "init.scale=1e-50", "--set", "flow.t_end=43.0")
    assert 0 < path < 1e-5 and times < 1e-5 and "unchanged" in line, line


def scored(name):
    """(training rows, test rows, mean test loss of the stored weights by numpy, the stored one) of a 2-layer run."""
    with h5py.File(name) as file:
        problem, run = file["problem"], dict(file["run"].attrs)
        x, y = problem["test_inputs"][:], problem["test_targets"][:]
        w, (d, width, _) = file["weights"][-1], file["network"].attrs["layer_sizes"]
        h = np.maximum(x @ w[:d * width].reshape(d, width), 0) ** 2 @ w[d * width:]
        loss = 0.5 * np.mean((h - y[:, 0]) ** 2)
        error = np.sum((h - y[:, 0]) ** 2) / np.sum((y - y.mean()) ** 2)
        print(f"test loss {run['test_loss']:.6g}, by numpy {loss:.6g}")
        assert abs(run["test_loss"] / loss - 1) < 1e-12 and abs(run["test_error"] / error - 1) < 1e-12
        return np.hstack([problem["inputs"], problem["targets"]]), np.hstack([x, y])


def test_sets_are_stored():
    """What a study keeps for the test error is in the file of its flow, with the score of the last weights."""
    short = ("-q", "--set", "flow.t_end=10")
    succeed(MAIN, "-o", "whole.h5", *short)
    succeed(MAIN, "-o", "tested.h5", "--set", "data.test_samples=7", *short)
    train, test = scored("tested.h5")
    with h5py.File("whole.h5") as file:
        assert "test_inputs" not in file["problem"] and "test_loss" not in file["run"].attrs
        assert np.array_equal(train[:, :-1], file["problem/inputs"][:]) and test.shape == (7, 11)
    cars = os.path.join(STUDIES, "auto-mpg.toml")
    # As they are in the file: what columns are scaled by depends on the training set. Large inputs make short times.
    raw = ("-q", "--set", "data.standardise=false", "--set", "flow.t_end=1e-12")
    succeed(cars, "-o", "cars.h5", *raw)
    succeed(cars, "-o", "some.h5", "--set", "data.test_fraction=0.25", *raw)
    train, test = scored("some.h5")
    with h5py.File("cars.h5") as file:
        rows = np.hstack([file["problem/inputs"], file["problem/targets"]])
    assert len(test) == round(len(rows) / 4), len(test)
    ordered = lambda table: sorted(map(tuple, table))
    assert ordered(np.vstack([train, test])) == ordered(rows)
    # They stay with the run in the files that are made of it, and in a file of the problem alone.
    for source, name in (("tested.h5", "kkt.h5"), (MAIN, "alone.h5")):
        sets = () if source == "tested.h5" else ("--set", "data.test_samples=7")
        result = kkt(source, "-q", "--starts", "1", "-o", name, *sets)
        assert result.returncode == 0, result.stderr
        with h5py.File(name) as file, h5py.File("tested.h5") as run:
            assert np.array_equal(file["problem/test_inputs"][:], run["problem/test_inputs"][:])


def levels_cost_what_the_readme_says():
    """Gradients of the main study without and with a level, and that the path is the same bits."""
    def run(*level):
        succeed(MAIN, "-o", "l.h5", "-q", "--force", "--set", "flow.t_end=8000", *level)
        with h5py.File("l.h5") as file:
            steps = np.diff(file["step"][:], prepend=-1) > 0  # a crossing has a row of its own
            return dict(file["run"].attrs), file["time"][:][steps], file["loss"][:][steps]
    bare, times, losses = run()
    steps = bare["steps_accepted"]
    for quantity, value, most in (("loss", 0.02, 0.02), ("weight_norm", 2.0, 0.3), ("gradient_norm", 0.3, 3.2),
                                  ("proximity", 0.05, 3.2), ("kkt_residual", 0.5, 3.2)):
        found, t, loss = run("--set", f'events.level=[{{quantity="{quantity}",value={value}}}]')
        more = (found["gradients"] - bare["gradients"]) / steps
        print(f"level of {quantity}: {found['events'] - bare['events']:.0f} crossings, {more:.2f} gradients a step more "
              f"({found['gradients'] / bare['gradients'] - 1:.1%}), {found['hessians'] - bare['hessians']:.0f} Hessians")
        assert more <= most and found["hessians"] == bare["hessians"], (quantity, more)
        assert np.array_equal(t, times) and np.array_equal(loss, losses), quantity


def a_run_killed_before_its_first_checkpoint_starts_afresh():
    succeed(MAIN, "-o", "fresh.h5", "-q", "--set", "flow.t_end=10")
    with h5py.File("fresh.h5", "a") as file:
        file["run"].attrs["stop_reason"] = "killed"
    succeed(MAIN, "-o", "fresh.h5", "-q", "--set", "flow.t_end=10", "--resume")
    with h5py.File("fresh.h5") as file:
        assert file["run"].attrs["stop_reason"] == "reached_end"


def changed_data_are_not_resumed():
    with open("d.csv", "w") as file:
        file.write("x1,y1\n1,2\n2,1\n")
    with open("d.toml", "w") as file:
        file.write('[network]\nlayers = [1, 2, 1]\n[data]\nfile = "d.csv"\n[init]\nscale = 1e-3\n[flow]\nt_end = 1e5\n'
                   'stepper = "dopri5"\nmax_step = 1e-3\n')
    child = subprocess.Popen([os.path.join(BIN, "sf-flow"), "d.toml", "-o", "d.h5", "-q"])
    while not os.path.exists("d.ckpt.h5"):  # written with the first row, however busy the machine is
        time.sleep(0.01)
    child.send_signal(2)
    assert child.wait() == 130
    with open("d.csv", "w") as file:
        file.write("x1,y1\n1,2\n2,1.5\n")
    result = flow("d.toml", "-o", "d.h5", "-q", "--resume")
    assert result.returncode == 2 and "no longer those of the run" in result.stderr, result.stderr


def a_finished_run_is_shown_and_not_touched():
    before = open("v.h5", "rb").read()
    out = succeed(MAIN, "-o", "v.h5", "--resume", "--set", "flow.t_end=2900")
    assert "escape_loss" in out and "reached_end" in out
    assert open("v.h5", "rb").read() == before


def snapshots_are_as_asked_for():
    base = [MAIN, "--set", "flow.t_end=2900", "-q"]
    succeed(*base, "-o", "all.h5", "--set", "output.weights=all")
    succeed(*base, "-o", "thinned.h5")
    succeed(*base, "-o", "events.h5", "--set", "output.weights=events")
    succeed(*base, "-o", "every.h5", "--set", "output.weights={every=10}")
    succeed(*base, "-o", "times.h5", "--set", "output.weights={times=[100.0, 2761.0, 2764.5, 2800.0]}")
    with h5py.File("all.h5") as a, h5py.File("events.h5") as e, h5py.File("every.h5") as k, h5py.File("times.h5") as t:
        rows, events = int(a["step"][-1]) + 1, len(a["events/event"])
        assert len(a["time"]) == rows + events - 1  # events lie within steps, but for the end
        assert np.isin(a["time"][:], a["snapshot_time"][:]).all()
        assert len(e["snapshot_time"]) == events + 1  # the initial one, and the end is an event
        assert abs(len(k["snapshot_time"]) - (rows // 10 + events)) <= 2
        assert {100.0, 2800.0} <= set(t["snapshot_time"][:]) and (np.diff(t["snapshot_time"][:]) > 0).all()
        # Interpolated snapshots lie on the path.
        i = np.searchsorted(a["snapshot_time"][:], 2800.0)
        near = a["weights"][i - 1], a["weights"][i]
        w = t["weights"][list(t["snapshot_time"][:]).index(2800.0)]
        assert np.linalg.norm(w - near[0]) <= 1.5 * np.linalg.norm(near[1] - near[0]) + 1e-12
        # Events carry their snapshot, whose loss is the event's.
        for row, when in zip(a["events/snapshot"][:], a["events/event_time"][:]):
            assert a["snapshot_time"][row] == when
        assert (np.diff(a["time"][:]) > 0).all() and (np.diff(a["snapshot_time"][:]) > 0).all()
        assert (np.diff(a["loss"][:]) <= 1e-15).all()
    weights_are_kept_where_they_have_moved()


def moved(w, v):
    """By what one is far from the other: the direction, and a fifth of what ln |w| changes by."""
    a, b = np.linalg.norm(w), np.linalg.norm(v)
    return np.linalg.norm(w / a - v / b) + abs(np.log(a / b)) / 5


def weights_are_kept_where_they_have_moved():
    """The default: few of them, none far from the next, each as in the run that keeps all."""
    with h5py.File("all.h5") as a, h5py.File("thinned.h5") as t:
        every = dict(zip(a["snapshot_time"][:], a["weights"][:]))
        kept, times = t["weights"][:], t["snapshot_time"][:]
        assert all(np.array_equal(every[when], w) for when, w in zip(times, kept))
        gaps = []  # from every step to the last weights kept before it
        for when, w in every.items():
            gaps.append(moved(w, kept[np.searchsorted(times, when, side="right") - 1]))
        steps = [moved(u, v) for u, v in zip(list(every.values())[1:], every.values())]
        print(f"weights kept {len(times)} of {len(every)}; a step is at most {max(gaps):.3f} from the last kept, {max(steps):.3f} from the one before")
        assert len(times) < 400 and max(gaps) <= 0.08 and np.median(gaps) < 0.02
    # A network of 1000 weights, kinked: what a report needs in less than 10 MB.
    with open("wide.toml", "w") as out:
        out.write('[network]\nlayers = [9, 100, 1]\nslope = 0.1\npower = 1\n[data]\ninputs = "gaussian"\nsamples = 30\n'
                  'targets = "teacher"\n[loss]\nreduction = "mean"\n[init]\nscale = 1e-4\n[flow]\nt_end = 30\n')
    succeed("wide.toml", "-o", "wide.h5", "-q")
    with h5py.File("wide.h5") as file:
        rows, snapshots = len(file["time"]), len(file["snapshot_time"])
    size = os.path.getsize("wide.h5") / 1e6
    print(f"1000 weights, {rows} steps: {snapshots} snapshots, {size:.1f} MB")
    assert rows > 1500 and size <= 10


def a_second_process_reads_meanwhile():
    child = subprocess.Popen([os.path.join(BIN, "sf-flow"), MAIN, "-o", "live.h5", "-q", "--set", "flow.rtol=1e-11",
                              "--set", "output.checkpoint_seconds=0.05"])
    seen = []
    while child.poll() is None:
        time.sleep(0.02)
        try:
            with h5py.File("live.h5", "r", swmr=True) as file:
                time_values = file["time"][:]
                seen.append(int((~np.isnan(time_values)).sum()))
        except (FileNotFoundError, OSError):
            pass
    assert child.returncode == 0
    print(f"live reader saw {len(set(seen))} different lengths, up to {max(seen)} rows")
    assert len(set(seen)) >= 2 and seen == sorted(seen)


def a_run_starts_from_another():
    succeed(MAIN, "-o", "first.h5", "-q", "--set", "flow.t_end=10")
    succeed(MAIN, "-o", "second.h5", "-q", "--set", "flow.t_end=1", "--set", "init.kind=run", "--set",
            f"init.file={os.path.abspath('first.h5')}", "--set", "init.keep_norm=true")
    with h5py.File("first.h5") as a, h5py.File("second.h5") as b:
        assert (a["weights"][-1] == b["weights"][0]).all()


def main():
    for test in (help_is_complete, every_help_has_the_same_layout, dry_run_is_a_study, verify_reports_the_path_error,
                 a_run_that_an_event_stopped_can_be_verified, test_sets_are_stored, levels_cost_what_the_readme_says,
                 runs_from_tiny_starts_can_be_verified, a_run_killed_before_its_first_checkpoint_starts_afresh,
                 changed_data_are_not_resumed,
                 a_finished_run_is_shown_and_not_touched, snapshots_are_as_asked_for,
                 a_second_process_reads_meanwhile, a_run_starts_from_another):
        test()


in_temporary_folder(main)
