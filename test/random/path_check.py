"""Whether the path of a study is right: the same study with a thousandth of the tolerance and by another method, compared
at the times that both have stored."""
import math
import os

import numpy as np

from study_run import Flow

# By the contract of the library the error of a path is a few rtol; what a start that is off by rtol makes of the path is
# the part of the problem. Beyond ALLOWED times the larger of the two a path is wrong.
ALLOWED = 100
LEAST_TOLERANCE = 1e-13
SMOOTH_METHODS = ["dop853", "rodas5p"]
OTHER_METHODS = ["dopri5", "rodas5p"]
KEYS_OF_OTHER_STARTS = ["init__rank", "init__perturbation", "init__layer_scales", "init__gamma", "init__weights"]


def reference_tolerance(rtol):
    return max(LEAST_TOLERANCE, rtol / 1000)


class Path:
    """The weights of a file at its times."""

    def __init__(self, stored):
        # The last one of several snapshots at one time.
        self.at = dict(zip(stored.columns["snapshot_time"].tolist(), stored.columns["weights"]))
        self.end = stored.columns["snapshot_time"][-1]

    def distance(self, other):
        """Largest relative distance over the times that both have; and that time."""
        worst, when = 0.0, math.nan
        for time in self.at.keys() & other.at.keys():
            a, b = self.at[time], other.at[time]
            size = np.linalg.norm(b)
            error = np.linalg.norm(a - b) / size if size > 0 else float(np.any(a != b))
            if not error <= worst:
                worst, when = error, time
        return worst, when


class Verdict:
    def __init__(self, word, error=math.nan, when=math.nan, detail=""):
        self.word, self.error, self.when, self.detail = word, error, when, detail


class PathCheck:
    def __init__(self, tool, study, toml, limit):
        self.tool, self.study, self.toml, self.limit = tool, study, toml, limit

    def flow(self, name, **changes):
        return Flow(self.tool, self.toml(**changes), name, self.limit)

    def reference(self):
        """The first of the methods that ends in time, not the one of the study if possible."""
        keys = self.study.keys
        smooth = keys.get("network.slope", 1.0) == 1.0
        methods = list(SMOOTH_METHODS if smooth else OTHER_METHODS)
        if keys["flow.stepper"] == methods[0]:
            methods.reverse()
        for method in methods:
            run = self.flow("reference", flow__rtol=reference_tolerance(self.study.rtol), flow__stepper=method)
            if run.status == 0:
                return method, run.read()
        return None, None

    def check(self, stored):
        method, found = self.reference()
        if found is None:
            return Verdict("no reference")
        rtol, reference = self.study.rtol, Path(found)
        error, when = Path(stored).distance(reference)
        if error <= ALLOWED * rtol:
            return Verdict("right", error, when)
        return self.judge(error, when, reference, method)

    def judge(self, error, when, reference, method):
        """A large error: is it the problem's?"""
        rtol = self.study.rtol
        spread = max(self.perturbed(reference, method, k) for k in range(3))
        detail = f"error {error / rtol:.1e} rtol at t = {when:g}; a start that is off by rtol: {spread / rtol:.1e} rtol"
        if math.isnan(spread):
            return Verdict("unclear", error, when, detail)
        if error <= ALLOWED * spread:
            return Verdict("sensitive", error, when, detail)
        tighter = self.flow("tighter", flow__rtol=max(LEAST_TOLERANCE, rtol / 10))
        again = Path(tighter.read()).distance(reference)[0] if tighter.status == 0 else math.nan
        detail += f"; at rtol/10: {again / rtol:.1e} rtol"
        return Verdict("wrong", error, when, detail)

    def perturbed(self, reference, method, k):
        """How far the path moves where every weight of the start is off by a part rtol of itself."""
        start = reference.at[min(reference.at)]
        size = max(self.study.rtol, 100 * reference_tolerance(self.study.rtol))
        signs = np.random.default_rng([*str(self.study.seed).encode(), self.study.number, k]).normal(size=start.size)
        with open("start.txt", "w") as file:
            file.writelines(f"{float(w)!r}\n" for w in start * (1 + size * signs))
        run = self.flow("perturbed", flow__rtol=reference_tolerance(self.study.rtol), flow__stepper=method,
                        init__kind="file", init__file=os.path.abspath("start.txt"), init__keep_norm=True,
                        **dict.fromkeys(KEYS_OF_OTHER_STARTS))
        if run.status != 0:
            return math.nan
        return Path(run.read()).distance(reference)[0] * self.study.rtol / size
