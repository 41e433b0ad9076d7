"""Distances to the invariant manifolds in run files, against numpy; which files have them; the widths of a catalogue and its
points of one function."""
import itertools
import os
import subprocess

import h5py
import numpy as np

from tool import BIN, MAIN, STUDIES, flow, in_temporary_folder, one_line, succeed

NETWORK = """
[network]
layers = {}
slope = {}
power = {}
[data]
inputs = "gaussian"
samples = 12
targets = "teacher"
seed = 3
[init]
scale = 0.3
seed = 5
[flow]
t_end = 1.0
rtol = 1e-7
"""


def neurons(file, w, l):
    """A row a neuron of hidden layer l: incoming and outgoing weights of a feed-forward network."""
    layer, row, column = (file[f"network/parameter_{name}"][:] for name in ("layer", "row", "column"))
    shape = [(row[layer == k].max() + 1, column[layer == k].max() + 1) for k in (l, l + 1)]
    matrices = [np.zeros(s) for s in shape]
    for k in (l, l + 1):
        matrices[k - l][row[layer == k], column[layer == k]] = w[layer == k]
    return matrices[0], matrices[1].T


def tails(squares):
    """Root of the sum of all but the h largest, h = 0, 1, ..."""
    squares = np.sort(squares)[::-1]
    return np.sqrt(np.append(np.cumsum(squares[::-1])[::-1], 0.0))


def rank_distances(incoming, outgoing):
    together = np.hstack([incoming, outgoing])
    return np.resize(tails(np.linalg.svd(together, compute_uv=False) ** 2), len(incoming)) * (
        np.arange(len(incoming)) < min(together.shape))


def cluster_cost(rows, rays):
    if not rays:
        return ((rows - rows.mean(axis=0)) ** 2).sum()
    u, s, _ = np.linalg.svd(rows, full_matrices=False)
    one_side = (u[:, 0] >= 0).all() or (u[:, 0] <= 0).all()
    return (s[1:] ** 2).sum() if one_side else np.inf


def clustered(incoming, outgoing, rays):
    """Every assignment of the neurons to zero or to one of h clusters."""
    rows, count = np.hstack([incoming, outgoing]), len(incoming)
    zero = ((rows if rays else incoming) ** 2).sum(axis=1)
    best = np.full(count, np.inf)
    for labels in itertools.product(range(count), repeat=count):  # 0: zero
        h = len(set(labels) - {0})
        if sorted(set(labels) - {0}) != list(range(1, h + 1)):
            continue
        labels = np.array(labels)
        cost = zero[labels == 0].sum() + sum(cluster_cost(rows[labels == k], rays) for k in range(1, h + 1))
        best[h] = min(best[h], cost)
    return np.sqrt(np.minimum.accumulate(best))


def distances_are_those_of_numpy():
    for layers, slope, power, kind in (([4, 6, 3], 1.0, 1, "rank"), ([3, 5, 4, 2], 1.0, 1, "rank"), ([3, 4, 1], 0.0, 1, "rays"),
                                       ([3, 3, 4, 2], 0.2, 1, "rays"), ([3, 5, 1], 0.0, 2, "equal")):
        with open("net.toml", "w") as file:
            file.write(NETWORK.format(layers, slope, power))
        succeed("net.toml", "-o", "net.h5", "-q", "--force")
        worst = 0
        with h5py.File("net.h5") as file:
            assert file["network"].attrs["manifold_kind"] == kind
            of_layer, width, found = (file[name][:] for name in ("network/manifold_layer", "network/manifold_width", "manifold_distance"))
            hidden = layers[1:-1]
            assert of_layer.tolist() == [l for l, h in enumerate(hidden) for _ in range(h)]
            assert width.tolist() == [h for n in hidden for h in range(n)]
            for s in {0, len(found) // 2, len(found) - 1}:
                for l in range(len(hidden)):
                    sides = neurons(file, file["weights"][s], l)
                    expected = rank_distances(*sides) if kind == "rank" else clustered(*sides, kind == "rays")
                    worst = max(worst, abs(found[s, of_layer == l] - expected).max() / expected[0])
        print(f"{kind} {layers}: distances off by {worst:.1e}")
        assert worst < 1e-12, worst


def near_the_saddles_of_the_main_study():
    succeed(MAIN, "-o", "main.h5", "-q")
    with h5py.File("main.h5") as file:
        names = file["events/kind"].attrs["flag_meanings"].split()
        visited = [s for kind, s in zip(file["events/kind"][:], file["events/snapshot"][:]) if names[kind] in ("saddle_closest", "end")]
        for s in visited:
            h, d, norm = file["effective_width"][s, 0], file["manifold_distance"][s], np.linalg.norm(file["weights"][s])
            assert d[h] < 3e-3 * norm and d[h - 1] > 0.2 * norm, (h, d, norm)
            # Copies are no nearer than zero neurons here: the incoming weights of the inactive ones.
            sizes = np.sort(np.linalg.norm(neurons(file, file["weights"][s], 0)[0], axis=1))[::-1]
            assert 0.5 <= d[h] / np.linalg.norm(sizes[h:]) <= 1 + 1e-12, (d[h], sizes)
            lower = tails(np.linalg.svd(neurons(file, file["weights"][s], 0)[0], compute_uv=False) ** 2)
            assert (d[:10] >= lower[:10] * (1 - 1e-9)).all()
        print(f"main study: d_h at {len(visited)} points, {[float(file['manifold_distance'][s, file['effective_width'][s, 0]]) for s in visited]}")


def which_files_have_them():
    small, wide = ("--set", "flow.t_end=0.01"), ("--set", "network.layers=[3, 40, 1]")
    with open("net.toml", "w") as file:
        file.write(NETWORK.format([3, 5, 1], 0.0, 2))
    has = lambda name: "manifold_distance" in h5py.File(name) and "manifold_kind" in h5py.File(name)["network"].attrs
    succeed("net.toml", "-o", "wide.h5", "-q", *small, *wide)
    assert not has("wide.h5") and "manifold" not in h5py.File("wide.h5")
    succeed("net.toml", "-o", "always.h5", "-q", *small, *wide, "--set", "output.manifold_distance=always")
    assert has("always.h5") and h5py.File("always.h5")["manifold_distance"].shape[1] == 40
    succeed("net.toml", "-o", "part.h5", "-q", *small, "--set", "output.manifold_distance=never")
    assert not has("part.h5")
    one_line(flow("net.toml", "-o", "x.h5", *small, "--set", "output.manifold_distance=sometimes"), 2, "output.manifold_distance", "sometimes")
    result = flow("net.toml", "-o", "part.h5", "--resume", *small)
    assert result.returncode == 0 and "output.manifold_distance" in result.stderr, result.stderr
    assert has("part.h5")
    one_line(flow("net.toml", "-o", "part.h5", "--resume", *small, "--set", "output.manifold_distance=never"), 2,
             "output.manifold_distance", "more to be recorded")


def points_of_one_function():
    """Two neurons on one ray, and one of them alone: the flow leaves neither, and both end at the point of one neuron."""
    neuron, names = np.array([0.3, 0.2, 0.4]), []
    for name, factors in (("ray", (0.8, 0.6)), ("zero", (1.0, 0.0))):
        both = np.array([c * neuron for c in factors])
        weights = np.concatenate([both[:, :2].flatten(order="F"), both[:, 2]]).tolist()
        with open(name + ".toml", "w") as file:
            file.write(NETWORK.format([2, 2, 1], 0.2, 1).replace("t_end = 1.0", "t_end = 1e4").replace("scale = 0.3", "").replace(
                "[init]", f'[init]\nkind = "given"\nkeep_norm = true\nweights = {weights}'))
        succeed(name + ".toml", "-o", name + ".h5", "-q")
        names.append(name + ".h5")
        with h5py.File(name + ".h5") as file:
            norms = np.linalg.norm(file["weights"][:], axis=1)
            assert (file["manifold_distance"][:, 1] <= 1e-13 * norms).all() and norms.max() > 0.5
    result = subprocess.run([os.path.join(BIN, "sf-saddles"), *names, "--refine", "-o", "both.h5"], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    with h5py.File("both.h5") as file:
        points = file["catalogue"]
        active, width, same = points["active_neurons"][:, 0], points["effective_width"][:], points["same_function"][:]
        twins = np.flatnonzero(same >= 0)
        assert sorted(active[twins]) == [1, 2] and (width[twins] == [1, -1]).all(), (active, width, same)
        narrowest = twins[active[twins] == 1][0]
        assert (same[twins] == narrowest).all()
        line = f"one function: {narrowest + 1} and {twins[twins != narrowest][0] + 1}, of which {narrowest + 1} is the narrowest"
        assert line in result.stdout, result.stdout
        print(line)
    page = subprocess.run([os.path.join(BIN, "sf-report"), "both.h5", "-o", "both.html"], capture_output=True, text=True)
    assert page.returncode == 0 and f'"same_function":{narrowest}' in open("both.html").read(), page.stderr


def test():
    distances_are_those_of_numpy()
    near_the_saddles_of_the_main_study()
    which_files_have_them()
    points_of_one_function()


in_temporary_folder(test)
