"""The data of a study: test sets, NumPy files, standardised columns, gaps, paths. Everything is computed again by NumPy."""
import os
import signal
import struct
import subprocess
import time
import zipfile

import h5py
import numpy as np

from run_file import counters, datasets, same
from tool import BIN, MAIN, claims, flow, in_temporary_folder, one_line, succeed

GENERATOR = np.random.default_rng(3)
HEAD = "[network]\nlayers = [{0}, 4, {1}]\n[flow]\nt_end = {2}\n[init]\nscale = 0.3\n[output]\nweights = \"all\"\n"


def study(data, loss="square", inputs=3, outputs=1, t_end=2.0, name="s.toml", reduction="sum"):
    with open(name, "w") as file:
        file.write(HEAD.format(inputs, outputs, t_end) + f'[loss]\nkind = "{loss}"\nreduction = "{reduction}"\n' +
                   "[data]\n" + data)
    return name


def tool(name, *arguments):
    return subprocess.run([os.path.join(BIN, name), *arguments], capture_output=True, text=True)


def outputs_of(w, x, sizes):
    """A network of one hidden layer, activation max(s, 0)^2; one row a sample."""
    d, width, k = sizes
    first = w[:d * width].reshape(d, width)  # column after column of the width x d matrix
    second = w[d * width:].reshape(width, k)
    return np.maximum(x @ first, 0) ** 2 @ second


def loss_and_error(kind, h, y):
    if kind == "square":
        return 0.5 * np.mean(np.sum((h - y) ** 2, axis=1)), None
    if kind == "logistic":
        margins = (y * h)[:, 0]
        return np.mean(2 * np.log1p(np.exp(-margins))), np.mean(margins <= 0)
    if kind == "exponential":
        margins = (y * h)[:, 0]
        return np.mean(np.exp(-margins)), np.mean(margins <= 0)
    k, right = h.shape[1], np.argmax(y, axis=1)
    of_right = h[np.arange(len(h)), right]
    others = np.where(y == 1, -np.inf, h)
    losses = np.log(np.sum(np.exp(h - of_right[:, None]), axis=1)) * k / (k - 1)
    return np.mean(losses), np.mean(of_right <= np.max(others, axis=1))


def check_columns(path, kind):
    """test_loss and test_error at every row, from the weights that are stored with it; the error rates."""
    with h5py.File(path) as file:
        x, y = file["problem/test_inputs"][:], file["problem/test_targets"][:]
        sizes, row_of = file["network"].attrs["layer_sizes"], {t: i for i, t in enumerate(file["time"][:])}
        assert ("test_error" in file) == (kind != "square")
        assert not np.isnan(file["test_loss"][:]).any()
        seen, errors = 0, set()
        for t, w in zip(file["snapshot_time"][:], file["weights"][:]):
            loss, error = loss_and_error(kind, outputs_of(w, x, sizes), y)
            found = file["test_loss"][row_of[t]]
            assert abs(found - loss) <= 1e-12 * loss, (kind, t, found, loss)
            if error is not None:
                assert file["test_error"][row_of[t]] == error, (kind, t, error)
                errors.add(error)
            seen += 1
        assert seen == len(row_of) >= 8, (seen, len(row_of))
        print(f"{kind}: test loss at {seen} rows equals NumPy's; error rates {sorted(errors)}")
        return errors


def test_losses_by_numpy():
    generated = 'inputs = "gaussian"\nsamples = 12\ntest_samples = 40\n'
    for kind, targets, outputs in (("square", "teacher", 1), ("logistic", "classes", 1), ("exponential", "classes", 1),
                                   ("softmax", "classes", 3)):
        noise = "noise = 0.3\n" if kind == "square" else ""
        errors = set()
        for reduction in ("sum", "mean"):
            s = study(generated + noise + f'targets = "{targets}"\n', kind, outputs=outputs, reduction=reduction)
            succeed(s, "-o", "t.h5", "-q", "--force", "--set", 'output.weights="all"')
            errors |= check_columns("t.h5", kind)
        assert kind == "square" or len(errors) > 1, "the error rate never moves: nothing is tested"
    # The same path and the same work as without a test set.
    s = study(generated + 'targets = "teacher"\n')
    succeed(s, "-o", "with.h5", "-q", "--force")
    succeed(s, "-o", "without.h5", "-q", "--force", "--set", "data.test_samples=0")
    one, other = datasets("with.h5"), datasets("without.h5")
    assert set(one) - set(other) == {"test_loss", "problem/test_inputs", "problem/test_targets", "problem/test_sample"}
    for name in set(other) - {"config/toml"}:
        assert np.asarray(one[name]).tobytes() == np.asarray(other[name]).tobytes() or name == "config/toml_user", name
    a, b = counters("with.h5"), counters("without.h5")
    assert {k: a[k] for k in b} == b and set(a) - set(b) == {"test_loss", "test_error"}
    # The last row of a run that reaches its end is what the summary says.
    assert one["test_loss"][-1] == a["test_loss"]


def other_files():
    """The limit path and a pursuit have the columns too."""
    s = study('inputs = "gaussian"\nsamples = 12\ntest_samples = 5\ntargets = "teacher"\n')
    result = tool("sf-limit", s, "-o", "limit.h5", "-q")
    assert result.returncode == 0, result.stderr
    check_columns("limit.h5", "square")
    result = tool("sf-report", "limit.h5", "-o", "limit.html")
    assert result.returncode == 0 and "test loss (mean)" in open("limit.html").read(), result.stderr
    result = tool("sf-pursuit", s, "-o", "pursuit.h5", "-q", "--set", "pursuit.budget=[2]")
    assert result.returncode == 0, result.stderr
    with h5py.File("pursuit.h5") as file:
        rounds, test_loss, first = file["rounds"], file["test_loss"][:], file["rounds/first_time"][:]
        assert not np.isnan(test_loss).any() and len(test_loss) == len(file["time"]) and len(first) == 2
        ends = [*(first[1:] - 1), len(test_loss) - 1]
        for k, end in enumerate(ends):  # a minimisation ends a little beyond its last step
            print(f"round {k}: test loss {test_loss[end]:.8g} at the last step, {rounds['test_loss'][k]:.8g} at its point")
            assert abs(test_loss[end] - rounds["test_loss"][k]) < 1e-3 * (test_loss[first[k]] + test_loss[end])
    # Gradient descent records the start of each round, whose weights are stored: one neuron, then two.
    result = tool("sf-pursuit", s, "-o", "descent.h5", "-q", "--set", "pursuit.budget=[2]", "--set",
                  'pursuit.minimiser="gradient_descent"', "--set", "pursuit.learning_rate=0.003")
    assert result.returncode == 0, result.stderr
    with h5py.File("descent.h5") as file:
        x, y, test_loss = file["problem/test_inputs"][:], file["problem/test_targets"][:], file["test_loss"][:]
        starts, rows = file["rounds/first_time"][:], file["rounds/snapshot_start"][:]
        assert len(starts) == 2 and not np.isnan(test_loss).any()
        for neurons, start, row in zip((1, 2), starts, rows):
            w = file["weights"][row]  # by birth: of each neuron its 3 weights and its outer one
            h = sum(np.maximum(x @ w[4 * k:4 * k + 3], 0) ** 2 * w[4 * k + 3] for k in range(neurons))
            assert abs(test_loss[start] / (0.5 * np.mean((h - y[:, 0]) ** 2)) - 1) < 1e-12
    result = tool("sf-skeleton", s)
    assert "data.test_samples" in result.stdout, result.stdout + result.stderr
    with open("claim.toml", "w") as file:
        file.write(open(os.path.join(os.path.dirname(MAIN), "claims", sorted(
            name for name in os.listdir(os.path.join(os.path.dirname(MAIN), "claims")) if name.endswith(".toml"))[0])).read())
    one_line(claims("claim.toml", "--quick", "--set", "data.test_samples=3"), 2, "data.test_samples")


def killed_and_resumed():
    arguments = [MAIN, "--set", "flow.rtol=1e-10", "--set", "output.checkpoint_seconds=0.02", "--set",
                 "data.test_samples=50"]
    start = time.time()
    succeed(*arguments, "-o", "whole.h5", "-q")
    duration, expected = time.time() - start, datasets("whole.h5")
    resumes = 0
    for part in (0.3, 0.5, 0.7, 0.9):
        for name in ("k.h5", "k.ckpt.h5"):
            if os.path.exists(name):
                os.remove(name)
        child = subprocess.Popen([os.path.join(BIN, "sf-flow"), *arguments, "-o", "k.h5", "-q"])
        time.sleep(part * duration)
        child.send_signal(signal.SIGKILL)
        if child.wait() == 0 or not os.path.exists("k.ckpt.h5"):
            continue
        succeed(*arguments, "-o", "k.h5", "--resume", "-q")
        same(datasets("k.h5"), expected)
        assert counters("k.h5") == counters("whole.h5")
        resumes += 1
    assert len(expected["test_loss"]) == len(expected["time"])
    assert resumes > 0, "no kill hit the integration"
    print(f"{resumes} runs killed and resumed: {len(expected)} datasets, test_loss among them, bit by bit")


def csv(name, x, y):
    head = ",".join([f"x{j + 1}" for j in range(x.shape[1])] + [f"y{j + 1}" for j in range(y.shape[1])])
    np.savetxt(name, np.hstack([x, y]), delimiter=",", header=head, comments="", fmt="%.17g")


def problem(path):
    with h5py.File(path) as file:
        return ({name: node[:] for name, node in file["problem"].items()}, dict(file["problem"].attrs))


def test_files():
    """A test file: stored as it is, standardised as the training set is, its labels those of the training set."""
    x, y, xt, yt = (GENERATOR.normal(size=shape) for shape in ((20, 3), (20, 1), (7, 3), (7, 1)))
    csv("train.csv", x, y)
    csv("test.csv", xt, yt)
    files = 'file = "train.csv"\ntest_file = "test.csv"\n'
    out = succeed(study(files), "-o", "f.h5", "--force")
    assert "test: 7 samples" in out, out
    found, _ = problem("f.h5")
    assert np.array_equal(found["test_inputs"], xt) and np.array_equal(found["test_targets"], yt)
    check_columns("f.h5", "square")
    succeed(study(files + "standardise = true\n"), "-o", "f.h5", "--force", "-q")
    found, _ = problem("f.h5")
    for name, values, given in (("test_inputs", xt, x), ("test_targets", yt, y), ("inputs", x, x), ("targets", y, y)):
        assert np.allclose(found[name], (values - given.mean(0)) / given.std(0), rtol=1e-13, atol=1e-13), name
    # A part of the rows: the two sets are the file, scaled by what the training set says.
    part = study('file = "train.csv"\ntest_fraction = 0.25\n')
    succeed(part, "-o", "p.h5", "--force", "-q")
    plain, _ = problem("p.h5")
    rows = np.vstack([np.hstack([plain[a], plain[b]]) for a, b in (("inputs", "targets"), ("test_inputs", "test_targets"))])
    assert len(plain["test_sample"]) == 5 and sorted(map(tuple, rows)) == sorted(map(tuple, np.hstack([x, y])))
    succeed(part, "-o", "p.h5", "--force", "-q", "--set", "data.standardise=true")
    scaled, _ = problem("p.h5")
    for name in ("inputs", "targets"):
        mean, spread = plain[name].mean(0), plain[name].std(0)
        assert np.allclose(scaled["test_" + name], (plain["test_" + name] - mean) / spread, rtol=1e-13, atol=1e-13)
    succeed(part, "-o", "p.h5", "--force", "-q", "--set", "data.seed=2")
    assert not np.array_equal(problem("p.h5")[0]["test_inputs"], plain["test_inputs"])
    # Labels 0 to 2, where the test set has no 0: they must not be taken for 1 to 3.
    csv("train.csv", x, np.arange(20.0)[:, None] % 3)
    csv("test.csv", xt, 1 + np.arange(7.0)[:, None] % 2)
    succeed(study(files, "softmax", outputs=3), "-o", "f.h5", "--force", "-q")
    found, _ = problem("f.h5")
    assert np.array_equal(np.argmax(found["test_targets"], axis=1), 1 + np.arange(7) % 2)
    check_columns("f.h5", "softmax")


def test_sets_are_refused_where_they_cannot_be():
    x, y = GENERATOR.normal(size=(6, 3)), GENERATOR.normal(size=(6, 1))
    csv("train.csv", x, y)
    csv("other.csv", x[:, :2], y)
    csv("signs.csv", x, np.sign(y))
    np.savez("train.npz", inputs=x, targets=y)
    for data, *words in [
        ('file = "train.csv"\ntest_samples = 3\n', "data.test_samples", "data.test_fraction"),
        ('file = "train.npz"\ntest_samples = 3\n', "data.test_samples", "data.test_fraction"),
        ('file = "train.csv"\ntest_fraction = 0.01\n', "data.test_fraction", "6 rows"),
        ('file = "train.csv"\ntest_fraction = 0.5\ntest_file = "train.csv"\n', "data.test_fraction", "data.test_file"),
        ('file = "train.csv"\ntest_file = "none.csv"\n', "none.csv"),
        ('file = "train.csv"\ntest_file = "other.csv"\n', "data.test_file", "2 inputs", "3"),
        ('test_file = "train.csv"\n', "data.test_file", "data.file"),
        ("test_fraction = 0.5\n", "data.test_fraction", "data.test_samples"),
        ('inputs = "whitened"\ntest_samples = 3\n', "data.test_samples", "whitened"),
        ('inputs = "orthogonal"\nsamples = 3\ntest_samples = 3\n', "data.test_samples", "orthogonal"),
        ('inputs = "given"\ntest_samples = 3\n[data.given]\ninputs = [[1, 2, 3]]\n', "data.test_samples", "given"),
        ('targets = "signs"\ntest_samples = 3\n', "data.test_samples", "signs"),
        ("standardise = true\n", "data.standardise", "data.file"),
        ("drop_gaps = true\n", "data.drop_gaps", "data.file"),
    ]:
        for name in ("sf-flow", "sf-pursuit", "sf-kkt"):
            one_line(tool(name, study(data)), 2, *words)
    one_line(flow(study('file = "signs.csv"\ntest_file = "train.csv"\n', "logistic")), 2, "test set", "logistic")
    assert not os.path.exists("s.h5")
    # Of matrices: sensing has further measurements, completion has none.
    matrices = '[network]\nkind = "bilinear"\nlayers = [2, 2, 2]\n[flow]\nt_end = 1\n[data]\nmatrix.values = [1.0]\nsamples = 3\n'
    succeed(write("m.toml", matrices + 'inputs = "sensing"\ntest_samples = 4\n'), "-o", "m.h5", "-q")
    assert len(problem("m.h5")[0]["test_sample"]) == 4 and not np.isnan(datasets("m.h5")["test_loss"]).any()
    one_line(flow(write("m.toml", matrices + 'inputs = "completion"\ntest_samples = 4\n')), 2, "data.test_samples")
    one_line(flow(write("m.toml", matrices + 'inputs = "sensing"\ntest_fraction = 0.5\n')), 2, "data.test_fraction")


def write(name, text):
    with open(name, "w" if isinstance(text, str) else "wb") as file:
        file.write(text)
    return name


def numpy_files():
    """Every type and order, stored and deflated, gives the numbers that NumPy sees."""
    whole = np.array([[1, 2, 3], [4, 5, 6], [0, 1, 1], [7, 0, 2], [1, 1, 0]])
    y = np.array([0.5, -1.0, 2.0, 0.25, 1.5])
    count = 0
    for kind in ("f4", "f8", "i4", "i8", "u1", "bool", "i1", "i2", "u2", "u4", "u8"):
        for order in ("C", "F"):
            for save in (np.savez, np.savez_compressed):
                x = np.asarray(whole / 3 if kind[0] == "f" else whole, dtype=kind, order=order)
                save("d.npz", inputs=x, targets=y)
                succeed(study('file = "d.npz"\n', t_end=0.01), "-o", "n.h5", "--force", "-q")
                found, _ = problem("n.h5")
                assert np.array_equal(found["inputs"], x.astype(float)) and np.array_equal(found["targets"][:, 0], y)
                count += 1
        table = np.asarray(np.hstack([whole, whole[:, :1]]) / 3 if kind[0] == "f" else np.hstack([whole, whole[:, :1]]),
                           dtype=kind, order="F")
        np.save("d.npy", table)
        succeed(study('file = "d.npy"\n', t_end=0.01), "-o", "n.h5", "--force", "-q")
        found, _ = problem("n.h5")
        assert np.array_equal(np.hstack([found["inputs"], found["targets"]]), table.astype(float)), kind
    print(f"{count} archives and 11 tables read as NumPy reads them")
    # Other names, in HDF5 too; a test file has the same ones; a gap is a NaN.
    x = np.where(whole == 0, np.nan, whole)
    np.savez("d.npz", X=x, y=y)
    np.savez("e.npz", X=whole[:2], y=y[:2])
    with h5py.File("d.h5", "w") as file:
        file["a/X"], file["y"] = x, y
    for data in ('file = "d.npz"\ntest_file = "e.npz"\narray.inputs = "X"\n', 'file = "d.h5"\narray.inputs = "a/X"\n'):
        out = succeed(study(data + 'array.targets = "y"\ndrop_gaps = true\n', t_end=0.01), "-o", "n.h5", "--force")
        assert "3 rows with gaps dropped" in out, out
        found, attributes = problem("n.h5")
        assert np.array_equal(found["inputs"], whole[:2]) and attributes["dropped_rows"] == 3
        one_line(flow(study(data + 'array.targets = "y"\n', t_end=0.01)), 2, "row 3, column 1", "NaN", "3 of 5 rows have gaps")


def bad_numpy_files():
    good = np.ones((4, 3))

    def refused(name, *words, more=""):
        one_line(flow(study(f'file = "{name}"\n' + more), "-o", "bad.h5"), 2, name, *words)
        assert not os.path.exists("bad.h5")

    def archive(inputs, targets=np.ones(4)):
        np.savez("b.npz", inputs=inputs, targets=targets)
        return "b.npz"

    refused(archive(np.array([[1, "a", None]] * 4, dtype=object)), "inputs", "objects", "|O")
    refused(archive(np.zeros(4, dtype=[("a", "<f8"), ("b", "<i4")])), "inputs", "structure")
    refused(archive(good.astype(">f8")), "inputs", "big-endian", ">f8")
    refused(archive(good.astype("c16")), "inputs", "complex")
    refused(archive(good.astype("f2")), "inputs", "<f2")
    refused(archive(good.astype("U3")), "inputs", "texts")
    refused(archive(good.reshape(2, 2, 3)), "inputs", "3 axes", "2 x 2 x 3")
    refused(archive(np.float64(3)), "inputs", "0 axes")
    refused(archive(good[:3]), "3 rows", "targets 4")
    refused(archive(good[:0], np.ones(0)), "0 x 3", "at least one")
    refused(archive(good[:, :2]), "2", more="")
    refused(archive(np.full((4, 3), np.inf)), "inputs", "row 1, column 1", "inf")
    refused(archive(np.full((4, 3), 2**53 + 1, dtype="i8")), "inputs", "2^53")
    np.savez("b.npz", inputs=good, labels=np.ones(4))
    refused("b.npz", "no array targets", "inputs, labels")
    np.save("b.npy", good)
    refused("b.npy", "3 columns", "3 inputs")
    np.save("b.npy", np.ones((4, 4)))
    refused("b.npy", "data.array", more='array.inputs = "X"\n')
    csv("b.csv", good, np.ones((4, 1)))
    refused("b.csv", "data.array", more='array.inputs = "X"\n')
    whole = open("b.npy", "rb").read()
    refused(write("c.npy", whole[:-1]), "cut short", "4 x 4 of 8 bytes")
    refused(write("c.npy", whole + whole), "too long")
    for length in (0, 5, 7, 9, 40):
        refused(write("c.npy", whole[:length]), "NumPy" if length < 6 else "cut short")
    refused(write("c.npy", whole.replace(b"'shape'", b"'shave'")), "header")
    refused(write("c.npy", whole.replace(b"(4, 4)", b"(-4,4)")), "header")
    refused(write("c.npy", whole.replace(b"(4, 4), }     ", b"(4, 9999999999")), "header")
    huge = b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + (
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4611686018427387904), }").ljust(118)
    refused(write("c.npy", huge), "cut short")
    refused(write("c.npy", b"\x80\x04\x95pickle"), "NumPy")
    # Damaged archives: cut anywhere, or a byte turned where numbers lie.
    np.savez_compressed("b.npz", inputs=GENERATOR.normal(size=(40, 3)), targets=np.ones(40))
    whole = open("b.npz", "rb").read()
    for length in (4, 30, 100, len(whole) // 2, len(whole) - 1):
        refused(write("c.npz", whole[:length]), ".npz")
    turned = bytearray(whole)
    turned[300] ^= 0xFF
    refused(write("c.npz", bytes(turned)), "c.npz")
    with zipfile.ZipFile("c.npz", "w") as file:
        file.writestr("inputs.npy", "no array")
        file.writestr("targets.npy", "no array")
    refused("c.npz", "inputs", "NumPy")
    np.savez("c.npz")
    refused("c.npz", "no array inputs", "has none")
    refused(write("c.npz", b""), "c.npz")


def constant_columns():
    x, y = GENERATOR.normal(size=(9, 3)), GENERATOR.normal(size=(9, 2))
    x[:, 1], y[:, 0] = 0.1, -7
    np.savez("c.npz", inputs=x, targets=y)
    s = study('file = "c.npz"\nstandardise = true\n', outputs=2)
    out = succeed(s, "-o", "c.h5", "--force")
    assert "note: constant in the training set, so centred and not scaled: x2, y1" in out, out
    found, attributes = problem("c.h5")
    assert attributes["constant_columns"] == "x2 y1"
    assert (found["inputs"][:, 1] == 0).all() and (found["targets"][:, 0] == 0).all()
    assert np.allclose(found["inputs"][:, 0], (x[:, 0] - x[:, 0].mean()) / x[:, 0].std(), rtol=1e-13, atol=1e-13)
    result = tool("sf-pursuit", s, "-o", "cp.h5", "--force", "--set", "pursuit.budget=[1]")
    assert "x2, y1" in result.stdout and problem("cp.h5")[1]["constant_columns"] == "x2 y1", result.stdout + result.stderr
    assert "x2, y1" in tool("sf-skeleton", s, "--quick", "--jumps", "1").stdout
    succeed(study('file = "c.npz"\n', outputs=2), "-o", "c.h5", "--force", "-q")
    assert problem("c.h5")[1]["constant_columns"] == ""


def gaps():
    words = ["NaN", "nan", "NA", "N/A", "null", "None", "", "?", '"NA"', " nan "]
    rows = [f"1,{word},3,4" for word in words] + ["1,2,3,4", "2,3,4,5"]
    write("g.csv", "x1,x2,x3,y1\n" + "\n".join(rows) + "\n")
    s = study('file = "g.csv"\n', t_end=0.01)
    one_line(flow(s), 2, "g.csv", "line 2, column x2", '"NaN"', "10 of 12 rows have gaps", "data.drop_gaps")
    out = succeed(s, "-o", "g.h5", "--force", "--set", "data.drop_gaps=true")
    assert "10 rows with gaps dropped" in out, out
    found, attributes = problem("g.h5")
    assert found["inputs"].tolist() == [[1, 2, 3], [2, 3, 4]] and attributes["dropped_rows"] == 10
    write("h.csv", "x1,x2,x3,y1\n1,2,3,4\n1,2,3,?\n")
    out = succeed(s, "-o", "g.h5", "--force", "--set", "data.drop_gaps=true", "--set", "data.test_file=h.csv")
    assert "test: 1 samples, 1 rows with gaps dropped" in out and problem("g.h5")[1]["test_dropped_rows"] == 1, out


def paths():
    """In a study relative to its folder, on the command line to the current one."""
    os.makedirs("far/studies/data")
    os.makedirs("here")
    for number, name in ((1, "far/studies/data/d.csv"), (2, "here/d.csv"), (3, "far/studies/d.csv")):
        csv(name, np.full((2, 3), float(number)) + np.arange(2)[:, None], np.ones((2, 1)))
    s = os.path.abspath(study('file = "data/d.csv"\n', t_end=0.01, name="far/studies/s.toml"))
    start = os.getcwd()

    def first(path):
        return problem(path)[0]["inputs"][0, 0]

    os.chdir("here")
    try:
        for named in (s, os.path.relpath(s)):
            succeed(named, "-o", "a.h5", "--force", "-q")
            assert first("a.h5") == 1
            for given in ("d.csv", "./d.csv", "../here/d.csv", os.path.abspath("d.csv")):
                for value in (given, f'"{given}"'):
                    succeed(named, "-o", "a.h5", "--force", "-q", "--set", f"data.file={value}")
                    assert first("a.h5") == 2, given
        # Resumed from another folder, with the path as it is seen from there: the same study.
        succeed(s, "-o", "b.h5", "--force", "-q", "--set", "data.file=d.csv")
        with h5py.File("b.h5") as file:
            assert 'file = "../../here/d.csv"' in file["config/toml"].asstr()[()]
            assert start not in file["config/toml"].asstr()[()]
        os.chdir("../far")
        succeed(s, "-o", "../here/b.h5", "--resume", "-q", "--set", "data.file=../here/d.csv")
        one_line(flow(s, "-o", "../here/b.h5", "--resume", "--set", "data.file=studies/d.csv"), 2, "another study")
        one_line(flow(s, "--set", "data.file=data/d.csv"), 2, "data/d.csv", "no such file")
        # Other paths go the same way.
        succeed(s, "-o", "c.h5", "--force", "-q", "--set", "data.test_file=studies/d.csv")
        assert problem("c.h5")[0]["test_inputs"][0, 0] == 3
        succeed(s, "-o", "d.h5", "--force", "-q", "--set", "init.kind=run", "--set", "init.file=c.h5", "--set",
                "init.keep_norm=true")
        assert np.array_equal(datasets("d.h5")["weights"][0], datasets("c.h5")["weights"][-1])
    finally:
        os.chdir(start)
    assert "relative to the current folder" in " ".join(flow("--help").stdout.split())


def main():
    for test in (test_losses_by_numpy, other_files, killed_and_resumed, test_files,
                 test_sets_are_refused_where_they_cannot_be, numpy_files, bad_numpy_files, constant_columns, gaps, paths):
        test()


in_temporary_folder(main)
