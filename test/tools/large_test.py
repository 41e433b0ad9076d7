"""A network of 50 000 weights: its memory, in vectors of the weights, from the start over the escape into stiff steps; and
its file is the same whatever the number of threads."""
import os
import re

import h5py
import numpy as np

from tool import STUDIES, in_temporary_folder, succeed

STUDY = os.path.join(STUDIES, "large", "weights-50000.toml")
# The escape is at 5.055e6; at this time the flow creeps along the first plateau, in stiff steps.
END = "flow.t_end=5.09e6"
# Vectors of 50 000 numbers; 412 were measured. A matrix of the hidden layer, 1000 neurons x 1000 samples, is 20 of them. Two are kept,
# and either 82 vectors of conjugate directions or 85 of a Lanczos iteration; the steppers and the flow are about 180, the file
# about 15, program and libraries 50, and what the allocator keeps 30. With a third matrix for each of the three objectives,
# or with directions beside the iteration, they are beyond this.
MOST = 450


def values(file):
    with h5py.File(file) as run:
        return {name: run[name][:] for name in ("time", "loss", "weight_norm", "proximity", "step_size")}


def test():
    printed = succeed(STUDY, "-o", "two.h5", "-j", "2", "--set", END)
    megabytes, vectors = map(int, re.search(r"memory: +at most (\d+) MB, as much as (\d+) vectors", printed).groups())
    print(f"{vectors} vectors, {megabytes} MB; at most {MOST}")
    assert vectors <= MOST
    events = [line.split()[1] for line in printed.splitlines() if re.match(r"\s+\d+  \w+_\w+", line)]
    assert events[:2] == ["escape_loss", "saddle_enter"], events
    succeed(STUDY, "-o", "one.h5", "-j", "1", "--set", END)
    one, two = values("one.h5"), values("two.h5")
    assert all(np.array_equal(one[name], two[name], equal_nan=True) for name in one)
    print(f"the same {len(one['time'])} rows by one thread and by two")


in_temporary_folder(test)
