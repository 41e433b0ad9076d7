"""Random studies through sf-flow, each checked against a run of its own at a thousandth of the tolerance:
    /usr/bin/python3 test/random/random_studies.py BIN_DIR [COUNT [SEED [FIRST [LIMIT]]]]
COUNT studies (1000) of SEED (1) from number FIRST (0), LIMIT seconds of processor time for each run (10). A study is a function
of seed and number, so that COUNT 1 and FIRST K repeat study K. SEED "settings-1" is the first seed of the second family of
studies (settings_study.py), "depth-1" of the third (depth_study.py). With KEEP=FOLDER in the environment the studies that are found wrong are kept."""
import os
import shutil
import sys
import tempfile
from collections import Counter, defaultdict

from depth_study import DepthStudy
from path_check import PathCheck
from random_study import Study
from settings_study import SettingsStudy
from study_run import Flow, estimated_escape

BIN = os.path.abspath(sys.argv[1])
COUNT, SEED, FIRST, LIMIT = [a or b for a, b in zip(sys.argv[2:] + [""] * 4, ("1000", "1", "0", "10"))]
COUNT, FIRST, LIMIT = int(COUNT), int(FIRST), int(LIMIT)
FAMILIES = {"settings": SettingsStudy, "depth": DepthStudy}
TOOL = os.path.join(BIN, "sf-flow")
KEEP = os.environ.get("KEEP")

# As README.md and output/README.md have them: stops with status 0 (but collapsed, of which nothing is wrong), and with 3.
REGULAR = ("reached_end", "step_limit", "collapsed")
FAILURES = ("step_underflow", "nonfinite", "sliding_unresolved", "projection", "balance_drift", "energy_drift", "loss_rise",
            "numerical_error")
# Words by which a study is drawn anew: another combination of keys is asked for than the library has.
TRIES = 20


def prepared(number):
    """A study that the library accepts, and its text, with an end and twelve times to compare at."""
    family, _, seed = SEED.rpartition("-")
    study = FAMILIES[family](seed, number) if family else Study(SEED, number)
    refusals = []
    for _ in range(TRIES):
        gradient, result = estimated_escape(TOOL, study.toml(), "dry")
        if gradient is not None:
            break
        if result.returncode != 2 or len(result.stderr.splitlines()) != 1:
            refusals.append(f"refused with status {result.returncode}: {result.stderr.strip()}")
        study.redraw()
    else:
        raise RuntimeError(f"study {number}: {TRIES} draws are refused: {result.stderr}")
    end = study.horizon * study.keys["init.scale"] / gradient if gradient > 0 else study.horizon
    study.keys["flow.t_end"] = min(max(end, 1e-12), 1e40)
    study.keys["flow.max_steps"] = 200000
    end = study.keys["flow.t_end"]
    study.keys["output.weights"] = {"times": [end * 10.0 ** (-k / 4) for k in range(12, 0, -1)] + [end]}
    return study, refusals


class Table:
    """What is printed at the end."""

    def __init__(self):
        self.reasons = defaultdict(Counter)
        self.verdicts = Counter()
        self.worst = {}
        self.findings = []
        self.methods = Counter()
        self.stopped = []  # with status 3: nothing is claimed of the path

    def gauge(self, study, name, value):
        ratio = value / study.rtol
        if ratio > self.worst.get(name, (0, None))[0]:
            self.worst[name] = (ratio, study)

    def finding(self, study, text):
        self.findings.append((study, text))
        print(f"{study.number}: {text}\n    {study.in_words()}", flush=True)
        if KEEP:
            os.makedirs(KEEP, exist_ok=True)
            with open(os.path.join(KEEP, f"{SEED}-{study.number}.toml"), "w") as file:
                file.write(study.toml())

    def print(self):
        reasons = sorted({reason for counts in self.reasons.values() for reason in counts})
        wide = [max(len(reason), 5) for reason in reasons]
        print("\n" + "family".ljust(12) + "  ".join(reason.rjust(w) for reason, w in zip(reasons, wide)))
        for family, counts in sorted(self.reasons.items()):
            print(family.ljust(12) + "  ".join(str(counts[reason]).rjust(w) for reason, w in zip(reasons, wide)))
        print("\npaths: " + ", ".join(f"{word} {count}" for word, count in sorted(self.verdicts.items())))
        print("steps: " + ", ".join(f"{name} {count}" for name, count in sorted(self.methods.items())))
        for name, (ratio, study) in sorted(self.worst.items()):
            print(f"largest {name}: {ratio:.1e} rtol (study {study.number}, rtol {study.rtol:.0e})")
        print(f"status 3: {len(self.stopped)}")
        for study, text in self.stopped:
            print(f"  {study.number}: {text}\n    {study.in_words()}")
        print(f"findings: {len(self.findings)}")
        for study, text in self.findings:
            print(f"  {study.number}: {text}\n    {study.in_words()}")


def check(study, table):
    """One study, with what is to be said of it."""
    run = Flow(TOOL, study.toml(), "study", LIMIT, "--verify")
    if run.limited:
        table.reasons[study.family]["limit"] += 1
        if run.hangs or run.status not in (130, 0, 3):
            table.finding(study, f"does not stop at SIGINT: status {run.status}")
        return
    if run.status not in (0, 3):
        return table.finding(study, f"status {run.status}: {run.message}")
    stored = run.read()
    table.reasons[study.family][stored.reason] += 1
    table.methods.update(stored.methods)
    for fault in stored.faults():
        table.finding(study, fault)
    if stored.reason not in REGULAR + FAILURES:
        return table.finding(study, f"unknown stop reason {stored.reason}")
    if run.status == 3:
        if not run.message.startswith("sf-flow: "):
            table.finding(study, f"status 3 without a reason: {run.lines}")
        return unfinished(study, run, stored, table)
    if stored.reason in FAILURES:
        return table.finding(study, f"status 0 for {stored.reason}")
    gauges(study, stored, table)
    verdict = PathCheck(TOOL, study, study.toml, LIMIT).check(stored)
    if verdict.word in ("wrong", "unclear") and stored.number("branchings") > 0:
        verdict.word = "not unique"
    table.verdicts[verdict.word] += 1
    if verdict.word == "right":
        table.gauge(study, "error of the path", verdict.error)
    if verdict.word in ("wrong", "unclear"):
        table.finding(study, f"{verdict.word}: {verdict.detail}")


def unfinished(study, run, stored, table):
    """Status 3: nothing is claimed of the path; is it the problem's that it is not confirmed?"""
    text = run.message
    if "not confirmed" in text:
        verdict = PathCheck(TOOL, study, study.toml, LIMIT).check(stored)
        table.verdicts["not confirmed by --verify, " + verdict.word] += 1
        text += f" ({verdict.word}{': ' + verdict.detail if verdict.detail else ''})"
    else:
        table.verdicts["stopped"] += 1
    table.stopped.append((study, text))


def gauges(study, stored, table):
    """Within the bounds at which the library itself stops a run."""
    general = max(1e-6, 1e4 * study.rtol)
    for name, bound in (("balance_drift", general), ("energy_drift", general), ("loss_rise", max(1e-10, study.rtol))):
        value = stored.number(name)
        table.gauge(study, name, value)
        if not value <= bound:
            table.finding(study, f"{name} {value:.1e} with status 0, expected at most {bound:.0e}")


def main():
    print(f"{COUNT} studies of seed {SEED} from number {FIRST}, {LIMIT} s each")
    table = Table()
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    try:
        for number in range(FIRST, FIRST + COUNT):
            study, refusals = prepared(number)
            for text in refusals:
                table.finding(study, text)
            check(study, table)
    finally:
        os.chdir("/")
        shutil.rmtree(folder)
        table.print()
    sys.exit(1 if table.findings else 0)


main()
