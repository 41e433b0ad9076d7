"""kill -9 at random moments, in every tool that writes: BIN_DIR [KILLS [OTHERS [SEED [CASES]]]].
KILLS (1000) hits of sf-flow, of sf-pursuit and of sf-sweep, spread over their kinds of calls; OTHERS (200) of each other call.
A kill that comes after the end of the call is no hit. Checked each time: the old file is whole, or the new one is, or there is a run that
goes on; the next call gives the result of an undisturbed one bit by bit, and leaves no draft and no lock. CASES: names with
commas between."""
import math
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter

from aftermath import Before, drafts, what_is_lost
from bench import Bench, succeed
from cases import all_cases, write_inputs
from killing import kill_with_children

MORE = dict(enumerate(sys.argv[2:]))
KILLS, OTHERS = int(MORE.get(0, 1000)), int(MORE.get(1, 200))
SEED = int(MORE.get(2, random.SystemRandom().randrange(10**6)))
CASES = MORE[3].split(",") if MORE.get(3) else None
MANY = {"sf-flow", "sf-pursuit", "sf-sweep"}


def seconds_of_a_call(bench):
    """The shorter one of two: the machine may be busy with something else."""
    seconds = []
    for _ in range(2):
        bench.renew()
        start = time.monotonic()
        assert bench.begin().wait() == 0, bench.case.name
        seconds.append(time.monotonic() - start)
    return min(seconds)


def trial(bench, generator, seconds):
    """Whether the call was hit, whether that was before it had touched its output, and what is wrong, in words."""
    bench.renew()
    before = Before(bench)
    process = bench.begin()
    time.sleep(generator.uniform(0, seconds))
    kill_with_children(process)
    if process.returncode != -signal.SIGKILL:  # it had ended before
        return False, False, []
    touched = Before(bench).outputs != before.outputs
    return True, touched, what_is_lost(bench, before) + drafts()


def check(bench, generator, wrong):
    alike = sum(case.tool == bench.case.tool for case in all_cases())
    wanted = math.ceil(KILLS / alike) if bench.case.tool in MANY else OTHERS
    seconds = seconds_of_a_call(bench)
    hits = touched = bad = trials = 0
    while hits < wanted:
        trials += 1
        assert trials < 20 * wanted, f"{bench.case.name}: {hits} of {trials} kills were hits"
        hit, changed, words = trial(bench, generator, seconds)
        hits, touched, bad = hits + hit, touched + changed, bad + bool(words)
        wrong.update((bench.case.name, word) for word in words)
    print(f"{bench.case.name:18} {seconds:8.3f} {hits:6} {touched:8} {hits - bad:6} {bad:6}", flush=True)
    return bad


def main():
    print(f"seed {SEED}")
    generator, wrong, bad = random.Random(SEED), Counter(), 0
    with tempfile.TemporaryDirectory() as top:
        template = os.path.join(top, "template")
        os.mkdir(template)
        os.chdir(template)
        write_inputs(succeed)
        print(f"{'tool':18} {'seconds':>8} {'kills':>6} {'touched':>8} {'right':>6} {'wrong':>6}")
        for case in all_cases():
            if CASES and case.name not in CASES:
                continue
            bench = Bench(case, template)
            bad += check(bench, generator, wrong)
            bench.remove()
    for (case, word), count in wrong.items():
        print(f"{case} ({count}): {word}")
    sys.exit(1 if bad else 0)


main()
