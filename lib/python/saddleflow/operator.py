"""The Hessian of a problem as an operator of SciPy."""

from __future__ import annotations

import numpy as np
import scipy.sparse.linalg as sla
from numpy.typing import NDArray

from ._core import Problem

Floats = NDArray[np.float64]


def hessian_operator(problem: Problem, w: Floats) -> sla.LinearOperator:
    """v -> Hess L(w) v, weights x weights, symmetric. One product costs about four gradients. InputError where w does not fit."""
    w = np.array(w, dtype=float)
    problem.value(w)

    def product(v: Floats) -> Floats:
        return problem.hessian_vector(w, np.ravel(v))

    return sla.LinearOperator((problem.size, problem.size), matvec=product, rmatvec=product, dtype=np.float64)
