"""sf-skeleton -o: the file against the tables and against numpy, other readers of it, its page, why points are missing."""
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

from tool import BIN, STUDIES, in_temporary_folder, one_line, skeleton_tables

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "report"))
from browser import Browser, installed  # noqa: E402
from browser_test import documents_of, failures  # noqa: E402

V7, V8, RELU, DEEP = (os.path.join(STUDIES, "skeleton", name + ".toml")
                      for name in ("v7-diagonal", "v8-orthogonal-relu", "squared-relu", "three-layers"))
GROUPS = ("skeleton", "sequences", "stops", "matches", "flow_loss")


def skeleton(*arguments, status=0, **options):
    result = subprocess.run([os.path.join(BIN, "sf-skeleton"), *arguments, "-q"], capture_output=True, text=True, **options)
    assert result.returncode == status, (arguments, result.returncode, result.stderr)
    return result


def same_digits(printed, value, form):
    assert printed == form.format(value), (printed, value)


def marked(mask):
    chosen = [str(k + 1) for k in np.flatnonzero(mask)]
    return " ".join(chosen) if chosen else "-"


def against_the_table(text, path):
    """Every figure to all of its printed digits."""
    parts = skeleton_tables(text)
    with h5py.File(path, "r") as file:
        jumps, stops, matches = file["skeleton"], file["stops"], file["matches"]
        assert len(parts[0]) == len(jumps["jump"]) and len(parts) == 1 + len(file["sequences/sequence"])
        lines = [line for line in text.splitlines() if re.match(r"\s+\d+ .*(down|  -)$", line)]
        for k, (row, line) in enumerate(zip(parts[0], lines)):
            after = jumps["after"][k]
            same_digits(row[1], after if after > 0 else jumps["time"][k], "+{:.10g}" if after > 0 else "{:.10g}")
            same_digits(row[2], jumps["flow_time"][k], "{:.6g}")
            assert line[35:55].strip() == marked(jumps["activated"][k]) and line[56:68].strip() == marked(jumps["deactivated"][k]), line
            words = line[68:].split()
            assert words[0] == str(jumps["active"][k].sum()), line
            same_digits(words[1], jumps["loss"][k], "{:.8g}")
            if words[2] != "-":
                kinds = jumps["kind"].attrs["flag_meanings"].split()
                zero = jumps["index_zero_explained"][k] + jumps["index_zero_unexplained"][k]
                assert words[2] == kinds[jumps["kind"][k]], line
                index = f"{jumps['index_negative'][k]}/{zero}/{jumps['index_positive'][k]},"
                assert words[3:5] == [index, str(jumps["ways_down"][k])], line
        assert f"end: {jumps.attrs['end']}" in text
        for number, part in enumerate(parts[1:]):
            rows = np.flatnonzero(matches["sequence"][()] == number)
            assert len(rows) == len(part), (number, part)
            for row, words in zip(rows, part):
                jump, stop = matches["jump"][row], matches["stop"][row]
                assert words[0] == (str(jump + 1) if jump >= 0 else "-"), words
                if stop < 0:
                    reason = matches.attrs["reasons"].split("\n")[row]
                    assert " ".join(words[2:]) == f"(not visited: {reason})" and len(reason) > 10, (words, reason)
                    continue
                if words[1] != "-":
                    after = stops["after"][stop]
                    same_digits(words[1], after if after > 0 else stops["time"][stop], "+{:.10g}" if after > 0 else "{:.10g}")
                loss_at = next(k for k, word in enumerate(words) if word == "{:.8g}".format(stops["loss"][stop]))
                if jump >= 0:
                    same_digits(words[loss_at + 1], matches["loss_difference"][row], "{:+.1e}")
                    same_digits(words[loss_at + 2], matches["output_distance"][row], "{:.1e}")
                    if words[2] != "-":
                        same_digits(words[2], matches["time_difference"][row], "{:+.4e}")


def network_outputs(file, w):
    """H(X; w): layers with max(s, slope s)^power between them, or the coordinates u v of a diagonal network."""
    attributes, inputs = file["network"].attrs, file["problem/inputs"][()]
    layer, row, column = (file[f"network/parameter_{name}"][()] for name in ("layer", "row", "column"))
    if attributes["kind"] == "diagonal_linear":
        u, v = np.split(w, 2)
        return inputs @ (u * v)[:, None]
    sizes, h = attributes["layer_sizes"], inputs
    for l in range(len(sizes) - 1):
        matrix = np.zeros((sizes[l + 1], sizes[l]))
        matrix[row[layer == l], column[layer == l]] = w[layer == l]
        h = h @ matrix.T
        if l + 2 < len(sizes):
            h = np.maximum(h, attributes["slope"] * h) ** attributes["power"]
    return h


def loss_of(file, outputs):
    samples = 0.5 * np.sum((outputs - file["problem/targets"][()]) ** 2, axis=1)
    return samples.mean() if file["problem"].attrs["reduction"] == "mean" else samples.sum()


def against_numpy(path):
    """Losses of the stored weights and outputs, and the differences of the matches, from the stored data."""
    with h5py.File(path, "r") as file:
        jumps, stops, matches = file["skeleton"], file["stops"], file["matches"]
        start = loss_of(file, np.zeros_like(file["problem/targets"][()]))
        assert abs(start - jumps.attrs["loss_at_origin"]) < 1e-12 * start
        outputs = [network_outputs(file, w) for w in jumps["point"][()]]
        for k, h in enumerate(outputs):
            assert abs(loss_of(file, h) - jumps["loss"][k]) < 1e-12, (path, k, loss_of(file, h), jumps["loss"][k])
        before = [start, *jumps["loss"][()][:-1]]
        assert np.array_equal(jumps["loss_before"][()], before), (before, jumps["loss_before"][()])
        for k, h in enumerate(stops["outputs"][()]):
            assert abs(loss_of(file, h) - stops["loss"][k]) < 1e-12, (path, k)
        pairs = 0
        for row in range(len(matches["match"])):
            jump, stop = matches["jump"][row], matches["stop"][row]
            assert (jump >= 0 and stop >= 0) == (matches["absence"][row] == 0)
            if jump < 0 or stop < 0:
                continue
            pairs += 1
            distance = np.linalg.norm(stops["outputs"][stop] - outputs[jump]) / np.linalg.norm(outputs[jump])
            assert abs(distance - matches["output_distance"][row]) < 1e-12, (distance, matches["output_distance"][row])
            assert matches["loss_difference"][row] == stops["loss"][stop] - jumps["loss"][jump]
        assert pairs > 0
        for number in range(len(file["sequences/sequence"])):
            of = file["flow_loss/sequence"][()] == number
            if file["sequences/kind"][number] == 1:
                assert not of.any() and np.isnan(file["sequences/delta"][number])
                continue
            delta, degree = file["sequences/delta"][number], jumps.attrs["degree"]
            flow, slow, losses = (file[f"flow_loss/{name}"][of] for name in ("flow_time", "time", "loss"))
            unit = 1 / np.log(1 / delta) if degree == 2 else delta ** (degree - 2)
            assert np.allclose(flow * unit, slow, rtol=1e-12) and np.all(np.diff(flow) > 0) and 20 < len(flow) <= 1100
            assert np.all(np.diff(losses) <= 1e-9 * start) and losses[-1] == file["sequences/end_loss"][number]


def with_xarray(path):
    for group in GROUPS:
        with xr.open_dataset(path, engine="h5netcdf", group=group) as found:
            assert found.sizes and all("long_name" in found[name].attrs for name in found.data_vars), group
    with xr.open_dataset(path, engine="h5netcdf", group="skeleton") as found:
        assert found.point.dims == ("jump", "parameter") and found.active.dims == ("jump", "neuron"), found
    with xr.open_dataset(path, engine="h5netcdf", group="stops") as found:
        assert found.outputs.dims == ("stop", "sample", "output"), found
    with h5py.File(path, "r") as file:
        assert file.attrs["format"] == "saddleflow-run" and "sf-skeleton" in file.attrs["history"]
        assert "[network]" in file["config/toml"].asstr()[()] and len(file["time"]) == 0


def reasons_of(path):
    """[(sequence, word, sentence)] of the points that are missing."""
    with h5py.File(path, "r") as file:
        words = file["matches/absence"].attrs["flag_meanings"].split()
        lines = file["matches"].attrs["reasons"].split("\n")
        return [(s, words[a], line) for s, a, line in zip(file["matches/sequence"][()], file["matches/absence"][()], lines) if a]


def files():
    made = {}
    for name, arguments in {"v7": [V7, "--flows", "1e-2,1e-4"], "relu": [RELU, "--flows", "0.3,1e-2", "--pursuit"],
                            "deep": [DEEP, "--flows", "1e-1,1e-2", "--pursuit", "--quick"]}.items():
        made[name] = f"{name}.h5"
        text = skeleton(*arguments, "-o", made[name]).stdout
        assert text.endswith(f"\nfile: {made[name]}\n"), text[-80:]
        against_the_table(text, made[name])
        against_numpy(made[name])
        with_xarray(made[name])
        with h5py.File(made[name], "r") as file:
            assert file["run"].attrs["stop_reason"] == "search_ended"
            assert (file["skeleton/kind"][0] == -1) == ("--quick" in arguments)
    return made


def why_points_are_missing(made):
    found = reasons_of(made["relu"])
    print("\n".join(f"{sequence} {word}: {line}" for sequence, word, line in found))
    # From 0.3 the flow passes the first two, and ends on its way to the fit.
    assert [word for _, word, _ in found] == ["too_large_delta", "too_large_delta", "ended_before"], found
    numbers = re.search(r"too large: the next jump comes after ([\d.]+) of flow time, less than twice what the two last \(([\d.]+) and ([\d.]+)\); nearest at", found[0][2])
    with h5py.File(made["relu"], "r") as file:
        stay = np.diff(file["skeleton/time"][:2])[0] / 0.3
        losses, times = (file[f"flow_loss/{name}"][file["flow_loss/sequence"][()] == 0] for name in ("loss", "flow_time"))
        plateaus = [file["skeleton"].attrs["loss_at_origin"], *file["skeleton/loss"][()]]
        falls = [np.interp([-(a - s * (a - b)) for s in (0.1, 0.9)], -losses, times) for a, b in zip(plateaus, plateaus[1:])]
        near = file["matches/nearest_outputs"][:3]
    expected = [stay, *[end - begin for begin, end in falls[:2]]]
    for printed, value in zip(numbers.groups(), expected):
        assert abs(float(printed) - value) < 0.02 * value, (numbers.groups(), expected)
    assert stay < 2 * sum(expected[1:]) and np.all(near > 1e-3), near
    # The flow from 0.1 goes to another point, or comes near without one.
    deep = [row for row in reasons_of(made["deep"]) if row[0] == 0]
    print(deep)
    assert deep and all(word != "not_found" for _, word, _ in deep), deep

    # Ended before: by the steps that it may take.
    text = skeleton(V7, "--flows", "1e-4", "--set", "flow.max_steps=100", "-o", "short.h5", "--quick").stdout
    (row,) = reasons_of("short.h5")
    assert row[1] == "ended_before" and "the flow ended before: step_limit at slow time" in row[2] and row[2] in text, row
    # A stop that the skeleton lacks: it stops at its first jump.
    text = skeleton(V7, "--flows", "1e-4", "--jumps", "1", "-o", "one.h5", "--quick").stdout
    (row,) = reasons_of("one.h5")
    assert row[1] == "ended_before" and f"(not in the skeleton: {row[2]})" in text, row
    assert row[2] == "the skeleton ended before: limit of jumps", row
    # Another way: clocks within a tenth of one another as one jump, which no flow takes.
    skeleton(RELU, "--flows", "1e-3", "--tie", "0.1", "-o", "tie.h5", "--quick")
    found = reasons_of("tie.h5")
    assert sorted(word for _, word, _ in found) == ["other_way", "other_way", "other_way", "together"], found
    assert "its stop 1 has loss 0.685563" in found[0][2] and "at once, with 2 neurons" in found[2][2], found
    # Too large a delta, between jumps that a person can take from the closed form.
    skeleton(V8, "--flows", "1e-4", "-o", "v8.h5", "--quick")
    (row,) = reasons_of("v8.h5")
    assert row[1] == "too_large_delta" and f"comes after {(4 / 3 - 0.8) * np.log(1e4):.3g} of flow time" in row[2], row


def pages(made):
    for path in made.values():
        done = subprocess.run([os.path.join(BIN, "sf-report"), path], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    refused = subprocess.run([os.path.join(BIN, "sf-report"), *made.values(), "-o", "no.html"], capture_output=True, text=True)
    one_line(refused, 2)
    if installed() is None:
        print("pages not drawn: chromium is not installed (Debian package chromium)")
        return
    folder = os.getcwd()
    cases = [("v7", "", {"plots": "1", "series": "3"}, [("flow from δ = 0.01", 1), ('aria-label="Loss over slow time', 1), ('data-save="CSV"', 1)]),
             ("relu", "#x=log&y=log&theme=dark", {"plots": "1", "series": "4", "x": "log"}, [("not visited: delta is too large", 2), ("<th", 20)]),
             ("deep", "", {"plots": "2", "series": "8"}, [("Loss after the first jump", 1), ("missing because", 1)])]
    with Browser() as browser:
        documents = list(documents_of(browser, [((Path(folder) / f"{name}.html").resolve().as_uri() + address, "ready")
                                                for name, address, _, _ in cases]))
    problems = [problem for case, document in zip(cases, documents) for problem in failures(*case, document)]
    assert not problems, "\n".join(problems)


def existing_files_are_kept():
    Path("mine.h5").write_text("mine")
    result = subprocess.run([os.path.join(BIN, "sf-skeleton"), V7, "-o", "mine.h5"], capture_output=True, text=True)
    one_line(result, 2, "mine.h5", "--force")
    assert Path("mine.h5").read_text() == "mine"
    skeleton(V7, "-o", "mine.h5", "--force", "--quick")
    assert h5py.is_hdf5("mine.h5")
    result = subprocess.run([os.path.join(BIN, "sf-skeleton"), V7, "-o", "no/such.h5"], capture_output=True, text=True)
    one_line(result, 4, "no/such.h5")


def a_failure_keeps_the_rest():
    """A teacher that is silent on all samples: the pursuit fails."""
    result = skeleton(DEEP, "--set", "network.layers=[3, 6, 5, 4, 1]", "--set", "data.teacher.hidden=[1, 1, 1]", "--pursuit",
                      "--quick", "-o", "failed.h5", status=3)
    with h5py.File("failed.h5", "r") as file:
        attributes = file["run"].attrs
        assert attributes["stop_reason"] == "numerical_error" and "led to a positive KKT point" in attributes["stop_message"]
        assert file["skeleton"].attrs["end"] == "fitted" and file["sequences/failed"][()].tolist() == [1]
        assert attributes["stop_message"] in result.stdout


def an_interrupt_keeps_what_was_found():
    """The skeleton takes a second, on a busy machine more."""
    for seconds in (3, 12, 40):
        child = subprocess.Popen([os.path.join(BIN, "sf-skeleton"), RELU, "--flows", ",".join(["1e-7"] * 50), "--quick", "-o",
                                  "cut.h5", "--force"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(seconds)
        child.send_signal(signal.SIGINT)
        text, _ = child.communicate(timeout=60)
        assert child.returncode == 130, child.returncode
        with h5py.File("cut.h5", "r") as file:
            assert file["run"].attrs["stop_reason"] == "interrupted"
            count, end = len(file["skeleton/jump"]), file["skeleton"].attrs["end"]
        if end == "fitted":
            break
    assert end == "fitted" and count == 3, (end, count)
    against_the_table(text, "cut.h5")
    assert subprocess.run([os.path.join(BIN, "sf-report"), "cut.h5"], capture_output=True).returncode == 0


def main():
    made = files()
    why_points_are_missing(made)
    pages(made)
    existing_files_are_kept()
    a_failure_keeps_the_rest()
    an_interrupt_keeps_what_was_found()


in_temporary_folder(main)
