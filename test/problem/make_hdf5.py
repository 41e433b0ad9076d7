"""HDF5 data sets as a user of h5py writes them, good and bad ones, into the folder that is named."""

import sys

import h5py
import numpy as np


def write(name, **datasets):
    with h5py.File(f"{sys.argv[1]}/{name}", "w") as file:
        for key, values in datasets.items():
            file[key] = values


inputs = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, -0.5]])
gaps = np.array([[1.0, 2.0], [np.nan, 4.0], [5.0, -0.5]])
write("good.h5", inputs=inputs, targets=np.array([[7.0, 10.0], [8.0, 11.0], [9.0, 12.0]]))
write("disguised.dat", inputs=inputs, targets=np.array([7, 8, 9], dtype=np.int32))
write("gaps.h5", inputs=gaps, targets=np.array([7.0, 8.0, 9.0]))
write("all-gaps.h5", inputs=inputs, targets=np.full(3, np.nan))
write("infinite.h5", inputs=inputs, targets=np.array([7.0, np.inf, 9.0]))
write("lengths.h5", inputs=inputs, targets=np.array([7.0, 8.0]))
write("empty.h5", inputs=inputs[:0], targets=np.zeros(0))
write("no-targets.h5", inputs=inputs)
write("text.h5", inputs=inputs, targets=np.array([b"a", b"b", b"c"]))
write("cube.h5", inputs=inputs.reshape(1, 3, 2), targets=np.array([7.0, 8.0, 9.0]))
