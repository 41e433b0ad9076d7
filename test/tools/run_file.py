"""What a run file holds, to be compared bit by bit."""
import h5py
import numpy as np


def datasets(path):
    found = {}
    with h5py.File(path, "r") as file:
        file.visititems(lambda name, node: found.update({name: node[()]}) if isinstance(node, h5py.Dataset) else None)
    return found


def counters(path):
    """What the run cost and did, but for the seconds."""
    with h5py.File(path, "r") as file:
        return {k: v for k, v in file["run"].attrs.items() if k not in ("wall_seconds",)}


def same(a, b):
    assert a.keys() == b.keys(), a.keys() ^ b.keys()
    for name in a:
        left, right = np.asarray(a[name]), np.asarray(b[name])
        assert left.shape == right.shape, (name, left.shape, right.shape)
        assert left.tobytes() == right.tobytes() or left.dtype == object and left.tolist() == right.tolist(), name
