"""Faults of the system, one at a time, in every tool that writes:
    /usr/bin/python3 test/faults/faults.py BIN_DIR SHIM [MOST [CASES [CALLS]]]
A clean run counts the calls of each kind. Then the n-th one fails, for each n (of more than MOST, 200, for MOST evenly spread
ones; 0: each). Checked each time: status 4 and one line, or status 0 and the whole result; no file is half whole; no draft
and no lock is left; a call without a fault then gives the result of a clean one. CASES and CALLS: names with commas between.
"write..." is a disk that is full from the n-th write on."""
import errno
import os
import subprocess
import sys
import tempfile
from collections import defaultdict

from aftermath import Before, drafts, what_is_lost
from bench import Bench, sample, succeed
from cases import all_cases, write_inputs

SHIM = os.path.abspath(sys.argv[2])
MORE = dict(enumerate(sys.argv[3:]))
MOST = int(MORE.get(0, 200))
CASES, CALLS = [MORE[k].split(",") if MORE.get(k) else None for k in (1, 2)]
ERRORS = {"write": errno.ENOSPC, "write...": errno.ENOSPC, "read": errno.EIO, "fsync": errno.EIO, "rename": errno.EIO,
          "open": errno.EMFILE, "truncate": errno.ENOSPC, "malloc": errno.ENOMEM, "hdf5-malloc": errno.ENOMEM}
# HDF5 1.10 does not survive it where its own memory fails (test/README.md): only where it is asked for.
USUAL = [name for name in ERRORS if name != "hdf5-malloc"]


def with_fault(bench, call, at):
    return bench.run(SHIM, FAULT_CALL=call.rstrip("."), FAULT_AT=str(at), FAULT_ERRNO=str(ERRORS[call]),
                     FAULT_LASTING=str(int(call.endswith("..."))))


def count(bench, call):
    bench.renew()
    result = with_fault(bench, call, 0)
    assert result.returncode == 0 and bench.outputs() == bench.clean, (bench.case.name, call, result.stderr)
    with open(bench.report) as file:
        return int(file.read().split()[0])


def faults(bench, call, at):
    """What is wrong, in words; nothing where all is right."""
    bench.renew()
    before = Before(bench)
    try:
        result = with_fault(bench, call, at)
        return said(bench.case, result, call) + left(bench, before, result)
    except subprocess.TimeoutExpired:
        return ["hangs"]


def said(case, result, call):
    lines = result.stderr.splitlines()
    if result.returncode == 0:
        # Of the other calls the result tells.
        return ["status 0 although fsync has failed"] if call == "fsync" else []
    if case.names_runs and result.returncode == 3 and lines and all(line.startswith("sf-sweep: run ") for line in lines):
        return []
    if result.returncode != 4:
        return [f"status {result.returncode}: {' | '.join(lines)[:300]}"]
    if len(lines) != 1 or not lines[0].startswith(case.tool + ": "):
        return [f"{len(lines)} lines: {' | '.join(lines)[:400]}"]
    return []


def left(bench, before, result):
    found = drafts()
    if result.returncode == 0:
        return found + ([] if bench.outputs() == bench.clean else ["status 0 with another result"])
    return found + what_is_lost(bench, before)


def check(bench, call, wrong):
    calls = count(bench, call)
    chosen = sample(calls, MOST)
    bad = 0
    for at in chosen:
        words = faults(bench, call, at)
        bad += bool(words)
        for word in words:
            wrong[bench.case.name, call, word].append(at)
    print(f"{bench.case.name:18} {call:11} {calls:7} {len(chosen):6} {len(chosen) - bad:6} {bad:6}", flush=True)
    return bad


def main():
    wrong, bad = defaultdict(list), 0
    with tempfile.TemporaryDirectory() as top:
        template = os.path.join(top, "template")
        os.mkdir(template)
        os.chdir(template)
        write_inputs(succeed)
        print(f"{'tool':18} {'call':11} {'calls':>7} {'runs':>6} {'right':>6} {'wrong':>6}")
        for case in all_cases():
            if CASES and case.name not in CASES:
                continue
            bench = Bench(case, template)
            bad += sum(check(bench, call, wrong) for call in CALLS or USUAL)
            bench.remove()
    for (case, call, word), at in wrong.items():
        print(f"{case}, {call} number {', '.join(map(str, at[:8]))}{' ...' if len(at) > 8 else ''} ({len(at)}): {word}")
    sys.exit(1 if bad else 0)


main()
