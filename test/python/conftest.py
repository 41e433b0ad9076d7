"""Shared by the tests of the Python package: pytest with PYTHONPATH=build/release/python."""

import numpy as np
import pytest

import saddleflow as sf

STUDY = {
    "title": "two squared ReLUs",
    "network": {"layers": [2, 6, 1], "slope": 0.0, "power": 2},
    "init": {"scale": 1e-2, "seed": 3},
    "flow": {"t_end": 300.0, "rtol": 1e-8},
}


def samples():
    random = np.random.default_rng(7)
    x = random.normal(size=(30, 2))
    return x, np.maximum(x @ [1.0, 0.5], 0) ** 2 - 0.7 * np.maximum(-x[:, 1], 0) ** 2


@pytest.fixture(scope="session")
def data():
    return samples()


@pytest.fixture(scope="session")
def run(data):
    return sf.run(STUDY, *data, progress=False)
