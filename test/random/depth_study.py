"""Random studies of deep networks (four to seven hidden layers), of many outputs, and of data that are nearly degenerate: samples
that differ by 1e-9 to 1e-3, equal samples with unlike targets, samples and inputs that are zero, inputs of very unlike size,
orthogonal inputs along no axis, more outputs than samples. A third family with dice of its own."""
from random_study import Study

DATA = ["near", "conflict", "zero_sample", "zero_input", "unlike_inputs", "rotated", "short", "plain"]
STEPPERS = ["auto"] * 5 + ["radau7", "radau7", "dopri5", "rodas5p"]
KINDS = [(1.0, 1), (0.0, 1), (0.0, 1), (0.2, 1), (-0.4, 1), (0.0, 2), (1.0, 2)]


class DepthStudy(Study):
    """A study of Study, drawn anew where it is about depth and data."""

    def __init__(self, seed, number):
        self.words = []
        super().__init__(f"depth-{seed}", number)

    def redraw(self):
        super().redraw()
        self.words = []
        for draw in (network, data, start, flow):
            draw(self)

    def in_words(self):
        return f"{super().in_words()}; {', '.join(self.words)}"


def drop(study, *prefixes):
    for key in [key for key in study.keys if key.startswith(prefixes)]:
        del study.keys[key]


def network(study):
    dice, keys = study.dice, study.keys
    drop(study, "network.", "data.", "loss.")
    inputs, study.outputs = dice.randint(1, 5), dice.choice([1, 2, 3, 6])
    shallow = dice.random() < 0.4
    hidden = [dice.randint(1, 4) for _ in range(dice.choice([1, 2]) if shallow else dice.randint(4, 7))]
    slope, power = dice.choice(KINDS)
    if power > 1 and len(hidden) > 4:  # degree 2^(n+1) - 1: a start of 1e-3 has no gradient left
        power = 1
    study.inputs, study.family = inputs, "shallow" if shallow else "deep"
    keys.update({"network.layers": [inputs] + hidden + [study.outputs], "network.slope": slope, "network.power": power,
                 "loss.kind": dice.choice(["square", "square", "logistic" if study.outputs == 1 else "softmax"]),
                 "loss.reduction": dice.choice(["sum", "mean"])})
    if dice.random() < 0.25:
        keys["network.bias"] = "first"


def data(study):
    dice = study.dice
    study.data = dice.choice(DATA)
    count = dice.randint(2, 10)
    rows = [[dice.gauss(0, 1) for _ in range(study.inputs)] for _ in range(count)]
    targets = [target(study) for _ in rows]
    if study.data == "near":
        size = 10.0 ** -dice.uniform(3, 9)
        study.words.append(f"apart by {size:.0e}")
        rows += [[x + size * dice.gauss(0, 1) for x in row] for row in rows[:dice.randint(1, count)]]
    elif study.data == "conflict":
        rows += [list(row) for row in rows[:dice.randint(1, count)]]
    elif study.data == "zero_sample":
        for row in rows[:dice.randint(1, 2)]:
            row[:] = [0.0] * study.inputs
    elif study.data == "zero_input":
        for row in rows:
            row[0] = 0.0
    elif study.data == "unlike_inputs":
        factors = [10.0 ** dice.uniform(-3, 3) for _ in range(study.inputs)]
        rows = [[f * x for f, x in zip(factors, row)] for row in rows]
    elif study.data == "rotated":
        rows = orthogonal(dice, study.inputs)
    elif study.data == "short":
        rows = rows[:1]
    targets += [target(study) for _ in rows[len(targets):]]
    study.keys.update({"data.inputs": "given", "data.targets": "given", "data.given.inputs": rows,
                       "data.given.targets": targets[:len(rows)]})


def orthogonal(dice, size):
    """Orthogonal rows of unlike length, by Gram and Schmidt."""
    rows = []
    for _ in range(size):
        row = [dice.gauss(0, 1) for _ in range(size)]
        for _ in range(2):  # once more, against rounding
            for other in rows:
                part = sum(a * b for a, b in zip(row, other)) / sum(b * b for b in other)
                row = [a - part * b for a, b in zip(row, other)]
        rows.append(row)
    return rows


def target(study):
    dice = study.dice
    if study.keys["loss.kind"] == "softmax":
        chosen = dice.randrange(study.outputs)
        return [1.0 if k == chosen else 0.0 for k in range(study.outputs)]
    if study.keys["loss.kind"] == "logistic":
        return [dice.choice([-1.0, 1.0])]
    return [dice.gauss(0, 1) for _ in range(study.outputs)]


def start(study):
    dice, keys = study.dice, study.keys
    drop(study, "init.")
    deep = study.family == "deep"
    kind = dice.choice(["standard", "gaussian", "gaussian", "balanced"])
    # Small deep networks stand still for ages: their starts are of norm one to three.
    keys.update({"init.kind": kind, "init.scale": dice.choice([3.0, 2.0, 1.0] if deep else [1.0, 0.1, 1e-2, 1e-4]),
                 "init.seed": dice.randrange(10**6)})


def flow(study):
    dice, keys = study.dice, study.keys
    keys["flow.stepper"] = dice.choice(STEPPERS)
    keys["flow.rtol"] = 10.0 ** -dice.choice([3, 4, 5, 6, 7, 8, 9, 10])
    study.horizon = 10.0 ** dice.uniform(-0.5, 2)
    if dice.random() < 0.2:
        study.horizon *= 10.0 ** dice.uniform(2, 5)
