"""Random studies: a function of seed and number. Networks of every family, data of many kinds (most of them structured),
all losses, starts from 1e-6 to 1, all steppers, tolerances from 1e-3 to 1e-12."""
import random

STEPPERS = ["auto"] * 6 + ["dopri5", "dop853", "rodas5p", "rodas5p-cg", "rodas5p-cg", "rkc2"]
FAMILIES = ["linear", "relu", "leaky", "squared", "polynomial", "diagonal", "power_sum", "bilinear", "convolution"]
DATA = ["generator", "generator", "generic", "repeated", "parallel", "opposite", "integers", "one_hot", "rounded",
        "tiny", "huge", "rank_one", "single", "many_outputs"]


class Study:
    """What a study file says, by full key, and the words by which it is counted."""

    def __init__(self, seed, number):
        self.seed, self.number = seed, number
        self.dice = random.Random(f"{seed}-{number}")
        self.family = FAMILIES[number % len(FAMILIES)]
        self.keys = {}
        self.horizon = 0.0  # end time in units of the estimated time of the escape
        self.redraw()

    def redraw(self):
        """All anew, of the same family; for the next try where the library refuses the combination."""
        self.keys = {}
        self.data = self.dice.choice(DATA)
        network(self)
        loss(self)
        data(self)
        start(self)
        flow(self)

    @property
    def rtol(self):
        return self.keys["flow.rtol"]

    def kinked(self):
        """Whether the flow is a differential inclusion."""
        return self.keys.get("network.power", 2) == 1 and self.keys.get("network.slope", 0.0) != 1.0

    def toml(self, **changes):
        """With these keys changed; None leaves one out."""
        keys = {**self.keys, **{key.replace("__", "."): value for key, value in changes.items()}}
        keys = {key: value for key, value in keys.items() if value is not None}
        sections = {}
        for key, value in keys.items():
            section, _, name = key.rpartition(".")
            sections.setdefault(section, []).append(f"{name} = {in_toml(value)}")
        return "\n".join(f"[{section}]\n" + "\n".join(lines) for section, lines in sections.items()) + "\n"

    def in_words(self):
        k = self.keys
        return (f"{k.get('network.kind', 'feed_forward')} {k['network.layers']} slope {k.get('network.slope', 0.0)} power "
                f"{k.get('network.power', 2)}, {self.data} data, {k['loss.kind']}, |w(0)| {k['init.scale']:.0e} "
                f"{k['init.kind']}, {k['flow.stepper']} rtol {k['flow.rtol']:.0e}")


def in_toml(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return "[" + ", ".join(in_toml(entry) for entry in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {in_toml(entry)}" for name, entry in value.items()) + "}"
    return repr(value)


def network(study):
    dice, keys = study.dice, study.keys
    inputs, width = dice.randint(1, 6), dice.randint(1, 6)
    study.outputs = dice.choice([1, 1, 1, 2, 3])
    if study.data == "many_outputs":
        study.outputs = dice.randint(4, 8)
    if study.family in ("linear", "relu", "leaky", "squared", "polynomial"):
        hidden = [dice.randint(1, 6) for _ in range(dice.choice([1, 1, 2, 3]))]
        # Now and then large enough for steps without a factorisation.
        if dice.random() < 0.06:
            hidden = [dice.randint(20, 40)] + hidden[1:]
        keys["network.layers"] = [inputs] + hidden + [study.outputs]
        if dice.random() < 0.15:
            keys["network.bias"] = "first"
        slope, power = {"linear": (1.0, 1), "relu": (0.0, 1), "leaky": (dice.choice([0.1, 0.5, -0.5, -1.0]), 1),
                        "squared": (dice.choice([0.0, 0.0, 0.3]), 2), "polynomial": (1.0, dice.choice([2, 3, 4]))}[study.family]
    elif study.family == "diagonal":
        study.outputs, slope, power = 1, 1.0, 1
        keys.update({"network.kind": "diagonal_linear", "network.layers": [inputs]})
    elif study.family == "power_sum":
        study.outputs = 1
        slope, power = dice.choice([(0.0, 1), (0.1, 1), (1.0, 2), (0.0, 2), (1.0, 3), (0.0, 3)])
        keys.update({"network.kind": "power_sum", "network.layers": [inputs, width]})
    elif study.family == "bilinear":
        rows, columns = dice.randint(1, 4), dice.randint(1, 4)
        inputs, study.outputs, slope, power = rows * columns, 1, 1.0, 1
        keys.update({"network.kind": "bilinear", "network.layers": [rows, columns, width],
                     "network.outer": dice.choice(["trained", "ones"])})
    else:
        inputs, kernel = dice.randint(3, 8), dice.randint(1, 3)
        slope, power = dice.choice([(1.0, 1), (0.0, 1), (0.2, 1), (0.0, 2), (1.0, 2)])
        keys.update({"network.kind": "convolution", "network.layers": [inputs, dice.randint(1, 4), study.outputs],
                     "network.kernel": kernel, "network.stride": dice.choice([1, 1, 2]),
                     "network.pooling": dice.choice(["none", "average"])})
    # Of degree 85 nothing is left of a start of 1e-5: the gradient is below the smallest number.
    if len(keys["network.layers"]) > 4 and power > 2 or len(keys["network.layers"]) > 3 and power > 3:
        power = 2
    study.inputs = inputs
    if study.family not in ("diagonal", "bilinear"):
        keys.update({"network.slope": slope, "network.power": power})


def loss(study):
    kinds = ["square"] * 4 + (["logistic", "exponential"] if study.outputs == 1 else ["softmax"] * 2)
    study.keys["loss.kind"] = study.dice.choice(kinds)
    study.keys["loss.reduction"] = study.dice.choice(["sum", "mean"])


def data(study):
    if study.data == "generator":
        return generated(study)
    dice, n = study.dice, study.dice.randint(2, 12)
    rows = [[dice.gauss(0, 1) for _ in range(study.inputs)] for _ in range(n)]
    if study.data in ("repeated", "rounded", "parallel", "opposite"):
        rows = rows[:max(1, n // 2)]
        factor = {"repeated": lambda: 1.0, "rounded": lambda: 1 + dice.choice([-1, 1]) * 2.0**-52,
                  "parallel": lambda: dice.choice([0.5, 2.0, 3.0, 1 / 3]), "opposite": lambda: -1.0}[study.data]
        copies = [(row, factor()) for row in rows for _ in range(dice.choice([1, 1, 2]))]
        rows = rows + [[f * x for x in row] for row, f in copies]
        dice.shuffle(rows)
    elif study.data == "integers":
        rows = [[float(dice.randint(-2, 2)) for _ in row] for row in rows]
    elif study.data == "one_hot":
        rows = [[0.0] * study.inputs for _ in rows]
        for row in rows:
            row[dice.randrange(study.inputs)] = dice.choice([1.0, 1.0, -1.0, 2.0])
    elif study.data in ("tiny", "huge"):
        factor = 10.0 ** (dice.uniform(1, 4) * (1 if study.data == "huge" else -1))
        rows = [[factor * x for x in row] for row in rows]
    elif study.data == "rank_one":
        rows = [[dice.gauss(0, 1) * x for x in rows[0]] for _ in rows]
        rows = [[a / rows[0][0] * x if rows[0][0] else 0.0 for x in rows[0]] for a in (row[0] for row in rows)]
    elif study.data == "single":
        rows = rows[:1]
    study.keys.update({"data.inputs": "given", "data.targets": "given", "data.given.inputs": rows,
                       "data.given.targets": [target(study) for _ in rows]})


def target(study):
    dice, kind = study.dice, study.keys["loss.kind"]
    if kind == "softmax":
        chosen = dice.randrange(study.outputs)
        return [1.0 if k == chosen else 0.0 for k in range(study.outputs)]
    if kind in ("logistic", "exponential"):
        return [dice.choice([-1.0, 1.0])]
    if study.data in ("integers", "one_hot"):
        return [float(dice.randint(-2, 2)) for _ in range(study.outputs)]
    return [dice.gauss(0, 1) for _ in range(study.outputs)]


def generated(study):
    dice, keys = study.dice, study.keys
    kinds = ["gaussian", "sphere", "hypercube", "orthogonal", "whitened"] + (["circle"] * 2 if study.inputs == 2 else [])
    if study.family == "bilinear" and keys["loss.kind"] == "square":
        kinds += ["sensing", "completion", "in_context", "in_context_population"] * 2
    keys["data.inputs"] = dice.choice(kinds)
    keys["data.samples"] = dice.randint(1, 20)
    keys["data.seed"] = dice.randrange(10**6)
    if keys["data.inputs"] in ("orthogonal", "whitened"):
        keys["data.samples"] = study.inputs * (dice.randint(1, 3) if keys["data.inputs"] == "whitened" else 1)
    if keys["data.inputs"] in ("sensing", "completion"):
        rows, columns = keys["network.layers"][:2]
        keys["data.matrix.rows"] = rows
        keys["data.matrix.values"] = [float(k + 1) for k in range(min(rows, columns))]
        keys["data.samples"] = dice.randint(1, rows * columns)
        return
    if keys["data.inputs"] in ("in_context", "in_context_population"):
        size = dice.randint(1, 3)
        keys["network.layers"] = [size, size, keys["network.layers"][2]]
        keys["data.in_context.eigenvalues"] = [dice.choice([0.5, 1.0, 2.0]) for _ in range(size)]
        return
    if keys["loss.kind"] == "square":
        keys["data.targets"] = "teacher"
        keys["data.noise"] = dice.choice([0.0, 0.1])
        keys["data.teacher.hidden"] = [dice.randint(1, 3)]
    else:
        keys["data.targets"] = dice.choice(["signs", "classes"]) if study.outputs == 1 else "classes"


def start(study):
    dice, keys = study.dice, study.keys
    keys["init.kind"] = dice.choice(["gaussian", "gaussian", "sphere", "balanced", "standard"])
    keys["init.scale"] = 10.0 ** -dice.choice([0, 0, 1, 2, 3, 4, 5, 6])
    keys["init.seed"] = dice.randrange(10**6)


def flow(study):
    dice, keys = study.dice, study.keys
    keys["flow.rtol"] = 10.0 ** -dice.choice([3, 4, 5, 6, 7, 8, 8, 9, 10, 11, 12])
    keys["flow.stepper"] = dice.choice(STEPPERS)
    # Mostly beyond the escape; a few are much longer.
    study.horizon = 10.0 ** dice.uniform(-0.5, 1.5)
    if dice.random() < 0.1:
        study.horizon *= 10.0 ** dice.uniform(2, 6)
    if dice.random() < 0.1:
        keys["flow.chart"] = "cartesian"
