"""What an output holds, but for what differs between any two calls: times of day, seconds, names of runs."""
import hashlib
import os
import re

import h5py

PASSING = {"run_id", "created", "history", "wall_seconds", "start_run_id"}


# Beside outputs while a call runs, and after one that was killed.
DRAFTS = (".part", ".lock", ".tmp")


def contents(path):
    """Of a file or of all files of a folder but drafts: what two whole results of one call have in common. None: not
    readable."""
    if os.path.isdir(path):
        return {name: contents(os.path.join(path, name)) for name in sorted(os.listdir(path))
                if not name.endswith((".ckpt.h5", ".log", ".job", *DRAFTS))}
    if not os.path.exists(path):
        return "missing"
    if path.endswith(".h5"):
        return of_hdf5(path)
    with open(path, "rb") as file:
        text = file.read()
    for pattern in (rb"[0-9a-f]{32}", rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?", rb"[0-9.e+-]+ s\b"):
        text = re.sub(pattern, b"#", text)
    return hashlib.sha256(text).hexdigest()


def of_hdf5(path):
    found = {}

    def add(name, node):
        for key, value in node.attrs.items():
            if key not in PASSING and key not in ("REFERENCE_LIST", "DIMENSION_LIST"):
                found[f"{name}@{key}"] = value.tobytes() if hasattr(value, "tobytes") else str(value)
        if isinstance(node, h5py.Dataset):
            value = node[()]
            found[name] = value.tobytes() if node.dtype != object else str(value)

    try:
        with h5py.File(path, "r") as file:
            add("/", file)
            file.visititems(add)
    except OSError:
        return None
    return found


def fingerprints(path):
    """The bytes of a file, or of each file of a folder."""
    if os.path.isdir(path):
        return {name: fingerprints(os.path.join(path, name)) for name in sorted(os.listdir(path))}
    if not os.path.exists(path):
        return "missing"
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()

