"""Random studies of the settings beside network, loss and data: weight decay, rates of the layers, all kinds of starts (those on
rays, on kinks, with zero or equal neurons among them), populations, groups, test sets, biases, softmax with labels,
distances to invariant manifolds, events. A second family with dice of its own: the studies of random_study.py stay what they
are."""
import math

from random_study import Study

SIZED = ["gaussian", "sphere", "balanced", "low_rank", "aligned"]  # of norm init.scale
PARAMETERISED = ["standard", "ntk", "mean_field", "mup", "width_scaled"]  # which have a norm of their own
STRUCTURED = ["rays", "kinks", "zeros", "twins"]


class SettingsStudy(Study):
    """A study of Study, drawn anew with settings that it does not have."""

    def __init__(self, seed, number):
        self.settings = []
        super().__init__(f"settings-{seed}", number)

    def redraw(self):
        super().redraw()
        self.settings = []
        for draw in (problem, bias, labels, test_set, start, decay, rates, outputs):
            draw(self)

    def note(self, word):
        self.settings.append(word)

    def in_words(self):
        return f"{super().in_words()}; {', '.join(self.settings)}"


def layer_count(study):
    """Of weights; None where the family has no layers."""
    return len(study.keys["network.layers"]) - 1 if study.keys.get("network.kind", "feed_forward") == "feed_forward" else None


def drop(study, *prefixes):
    for key in [key for key in study.keys if key.startswith(prefixes)]:
        del study.keys[key]


def problem(study):
    """A population or a group instead of the data, now and then."""
    shape, power = study.keys["network.layers"], study.keys.get("network.power", 1)
    if layer_count(study) != 2 or study.dice.random() > 0.4:
        return
    drop(study, "data.", "loss.", "network.bias")
    study.keys["loss.kind"] = "square"
    study.keys["data.seed"] = study.dice.randrange(10**6)
    if study.dice.random() < 0.6 and power <= 4:
        population(study, shape)
    else:
        group(study, shape)


def population(study, shape):
    dice, keys = study.dice, study.keys
    study.data = "population"
    keys["network.layers"] = [shape[0], shape[1], dice.choice([1, 1, 2])]
    keys["data.inputs"] = "population"
    keys["data.population.coordinates"] = dice.choice(["all", "span"])
    if dice.random() < 0.7 or keys["network.layers"][-1] > 1:
        keys["data.teacher.hidden"] = [dice.randint(1, 4)]
    else:
        vectors = [[dice.gauss(0, 1) for _ in range(shape[0])] for _ in range(dice.randint(1, 3))]
        keys.update({"data.targets": "teacher_sum", "data.teacher_sum.vectors": vectors,
                     "data.teacher_sum.coefficients": [dice.gauss(0, 1) for _ in vectors]})
    study.note("population")


def group(study, shape):
    dice, keys = study.dice, study.keys
    study.data = "group"
    orders = dice.choice([[2], [3], [4], [5], [2, 2], [2, 3]])
    size = math.prod(orders)
    pairs = dice.choice(["concatenated", "added"])
    keys["network.layers"] = [2 * size if pairs == "concatenated" else size, shape[1], size]
    keys.update({"data.inputs": "group", "data.group.orders": orders, "data.group.pairs": pairs,
                 "data.group.centre": dice.random() < 0.7, "loss.reduction": dice.choice(["sum", "mean"])})
    if dice.random() < 0.4:
        keys.update({"data.group.encoding": "template", "data.group.template": [dice.gauss(0, 1) for _ in range(size)]})
    if dice.random() < 0.3:
        keys["data.group.train_fraction"] = 0.7
    study.note("group")


def bias(study):
    if study.data not in ("population", "group") and layer_count(study) and study.dice.random() < 0.3:
        study.keys["network.bias"] = "first"
        study.note("bias")


def labels(study):
    dice, keys = study.dice, study.keys
    if study.data in ("population", "group") or "data.given.inputs" in keys or layer_count(study) is None:
        return
    if keys["network.layers"][-1] > 1 and dice.random() < 0.5:
        drop(study, "data.targets", "data.noise", "data.teacher")
        keys.update({"loss.kind": "softmax", "data.targets": "classes"})
        study.note("labels")


def test_set(study):
    if study.data == "generator" and study.keys["data.inputs"] in ("gaussian", "sphere", "hypercube", "circle"):
        if study.dice.random() < 0.4:
            study.keys["data.test_samples"] = study.dice.randint(1, 20)
            study.note("test set")


def start(study):
    dice, keys = study.dice, study.keys
    drop(study, "init.")
    keys["init.scale"] = 10.0 ** -dice.choice([0, 1, 2, 3, 4, 6])
    keys["init.seed"] = dice.randrange(10**6)
    kind = dice.choice(SIZED + PARAMETERISED + STRUCTURED)
    if kind in STRUCTURED:
        if structured(study, kind):
            return
        kind = dice.choice(SIZED)
    keys["init.kind"] = kind
    study.note(kind)
    if kind in PARAMETERISED:
        keys["init.scale"] = 1.0  # not used
    if kind == "width_scaled":
        keys["init.gamma"] = dice.choice([0.5, 1.0, 1.5, 2.0, 3.0])
    if kind in ("low_rank", "aligned"):
        if dice.random() < 0.5:
            keys["init.rank"] = dice.randint(1, 3)
        if dice.random() < 0.4:
            keys["init.perturbation"] = 10.0 ** -dice.randint(1, 9)
    if kind in ("gaussian", "sphere", "low_rank") and dice.random() < 0.4:
        layers = layer_count(study)
        if layers:
            keys["init.layer_scales"] = [10.0 ** dice.uniform(-3, 1) if dice.random() < 0.9 else 0.0 for _ in range(layers)]
            study.note("layer scales")


def structured(study, kind):
    """Weights that are written out: first-layer rows parallel to a sample (rays) or orthogonal to one (kinks), zero neurons,
    equal ones."""
    dice, keys = study.dice, study.keys
    layers = layer_count(study)
    rows = keys.get("data.given.inputs")
    if not layers or keys.get("network.bias") == "first" or (kind in ("rays", "kinks") and not rows):
        return False
    shape = keys["network.layers"]
    matrices = [[[dice.gauss(0, 1) for _ in range(shape[l])] for _ in range(shape[l + 1])] for l in range(layers)]
    first = matrices[0]
    for j in range(shape[1]):
        if kind == "rays":
            first[j] = [dice.choice([-1.0, 1.0]) * x for x in dice.choice(rows)]
        elif kind == "kinks":
            sample = dice.choice(rows)
            square = sum(x * x for x in sample)
            part = sum(a * b for a, b in zip(first[j], sample)) / square if square > 0 else 0.0
            first[j] = [a - part * b for a, b in zip(first[j], sample)]
        elif j > 0 and dice.random() < 0.5:
            first[j] = list(first[0]) if kind == "twins" else [0.0] * shape[0]
            for row in matrices[1]:
                row[j] = row[0] if kind == "twins" else 0.0
    keys.update({"init.kind": "given",
                 "init.weights": [matrix[i][j] for matrix in matrices for j in range(len(matrix[0])) for i in range(len(matrix))]})
    study.note(kind)
    return True


def decay(study):
    dice = study.dice
    if dice.random() > 0.4:
        return
    layers = layer_count(study)
    one = [0.0, 10.0 ** dice.uniform(-5, 0), 10.0 ** dice.uniform(-3, 0)]
    alone = layers is None or dice.random() < 0.5
    study.keys["flow.decay"] = one[1] if alone else [dice.choice(one) for _ in range(layers)]
    study.note("decay")


def rates(study):
    layers = layer_count(study)
    if study.dice.random() > 0.3 or not layers:
        return
    study.keys["flow.rate"] = [10.0 ** study.dice.uniform(-2, 2) for _ in range(layers)]
    study.note("rates")


def outputs(study):
    dice, keys = study.dice, study.keys
    keys["output.manifold_distance"] = dice.choice(["small", "always", "never"])
    if dice.random() < 0.2:
        keys["flow.kinks"] = dice.choice(["locate", "auto"])
    if dice.random() < 0.2:
        keys["events.escape.by"] = dice.choice([["loss", "norm"], ["direction"], ["norm", "direction"]])
    if dice.random() < 0.2:
        keys["events.saddle.prominence"] = dice.choice([0.0, 1.5])
    if dice.random() < 0.15:
        keys["flow.max_step"] = 10.0 ** dice.uniform(-1, 3)
