"""A loss of one's own: callables for its value and its derivatives."""

from __future__ import annotations

from typing import Any, Callable, Optional, Sequence

import numpy as np
from numpy.typing import NDArray

from . import _core

Floats = NDArray[Any]
Array = Any  # what NumPy makes an array of float64 of: its own, JAX's, PyTorch's on the CPU


class Function:
    """L(w), of a vector of `size` weights (float64), with what is known of it.

    value(w): a number. gradient(w): `size` numbers. value_and_gradient(w): both as a tuple, in place of the two or beside
    them, where it is cheaper. hessian_vector(w, v): `size` numbers; without it central differences of the gradient stand
    for it, two gradients a product, with a relative error of about 1e-10. hessian(w): size x size; without it `size`
    products. Each call gets a new array and may keep it.

    neurons: for each neuron the indices of its weights. Neurons are recorded one by one and resolved relative to their
    own norm, and those that are small at a critical point are put to zero. degree: D where L(0) - L(w) is homogeneous of
    degree D to leading order at w = 0, as it is of a network of this degree; the proximity r to a critical point, and so
    the visits, are then those of a network (lib/THEORY.md, section 3). infimum: of L, None where it is not known.
    reference: a loss that counts as large, by default L(0). attained: False for a loss that falls for ever. smooth: False
    where the gradient may jump; the run is then watched more closely, and warned of.

    InputError for what is missing or does not fit.
    """

    def __init__(self, value: Optional[Callable[[Floats], Any]] = None,
                 gradient: Optional[Callable[[Floats], Array]] = None, size: int = 0, *,
                 value_and_gradient: Optional[Callable[[Floats], tuple[Any, Array]]] = None,
                 hessian_vector: Optional[Callable[[Floats, Floats], Array]] = None,
                 hessian: Optional[Callable[[Floats], Array]] = None,
                 neurons: Optional[Sequence[Sequence[int]]] = None, degree: Optional[int] = None,
                 infimum: Optional[float] = 0.0, reference: Optional[float] = None, attained: bool = True,
                 smooth: bool = True, name: str = "function"):
        self._callables: dict[str, Optional[Callable[..., Any]]] = {"value": value, "gradient": gradient, "value_and_gradient": value_and_gradient,
                           "hessian_vector": hessian_vector, "hessian": hessian}
        for what, callable_ in self._callables.items():
            if callable_ is not None and not callable(callable_):
                raise _core.InputError(f"{what}: found {type(callable_).__name__}, expected a callable")
        if value_and_gradient is None:
            for what in ("value", "gradient"):
                if self._callables[what] is None:
                    raise _core.InputError(f"{what}: found none, expected a callable, or value_and_gradient")
        if not isinstance(size, (int, np.integer)) or size < 1:
            raise _core.InputError(f"size: found {size!r}, expected the number of weights, at least 1")
        if degree is not None and reference is not None:
            raise _core.InputError("reference: found beside degree, with which it is L(0)")
        self.size, self.degree, self.name = int(size), degree, name
        self.neurons = [np.asarray(weights, dtype=int).ravel() for weights in neurons or []]
        self.reference = float(np.asarray(self._at_origin() if reference is None else reference))
        if not np.isfinite(self.reference) or (infimum is not None and self.reference <= infimum):
            raise _core.InputError(f"reference: found {self.reference:g}, expected a finite loss above the infimum; by default it "
                                   "is that of w = 0")
        self._core = _core.Function(self.size, value, gradient, value_and_gradient, hessian_vector, hessian,
                                    [weights.tolist() for weights in self.neurons], degree or 0, infimum, self.reference,
                                    attained, smooth)

    def __repr__(self) -> str:
        given = ", ".join(what for what, callable_ in self._callables.items() if callable_ is not None)
        return f"<saddleflow.Function {self.name}: {self.size} weights, {given}>"

    def _at_origin(self) -> Any:
        zero = np.zeros(self.size)
        value, both = self._callables["value"], self._callables["value_and_gradient"]
        try:
            if value is not None:
                return value(zero)
            assert both is not None
            return both(zero)[0]
        except Exception as error:
            raise _core.InputError(f"value: failed at w = 0: {type(error).__name__}: {error}; give a reference if there is no L(0)") from error

    def weights(self, w: Any, what: str = "w0") -> Floats:
        """`w` as a vector of float64. InputError where its size is another one or a number is not finite."""
        vector: Floats = np.asarray(w, dtype=float).ravel()
        if vector.size != self.size:
            raise _core.InputError(f"{what}: found {vector.size} weights, expected the {self.size} of the function")
        if not np.isfinite(vector).all():
            raise _core.InputError(f"{what}: found a number that is not finite")
        return vector

    def check(self, w: Any) -> None:
        """Calls every callable at w. InputError, caused by what it raised, where one fails, or returns what does not fit or
        is not finite."""
        w = self.weights(w)
        self._core.begin()
        for what, callable_ in self._callables.items():
            if callable_ is None:
                continue
            try:
                finite = self._core.try_call(what, w)
            except _core.NumericalError as error:
                cause = error.__cause__
                raise _core.InputError(f"{what}: failed at w0: {type(cause).__name__}: {cause}") from cause
            if not finite:
                raise _core.InputError(f"{what}: found a number that is not finite at w0")


def study_of(function: Function, w0: Optional[Any]) -> dict[str, Any]:
    """The study of a flow of this function."""
    network: dict[str, Any] = {"kind": "function", "layers": [function.size]}
    if function.degree:
        network["degree"] = function.degree
    study: dict[str, Any] = {
        "title": function.name, "network": network, "loss": {"kind": "function"},
        "data": {"inputs": "given", "targets": "given", "given": {"inputs": [[1.0]], "targets": [[function.reference]]}},
    }
    if w0 is not None:
        study["init"] = {"kind": "given", "keep_norm": True, "weights": function.weights(w0).tolist()}
    return study


def check_overrides(arguments: Any) -> None:
    """InputError for keys of a network, of data or of a loss, which a function has not."""
    for key in arguments:
        if key.replace(".", "_").startswith(("network_", "data_", "loss_")):
            raise _core.InputError(f"{key}: found with a function, which has no network, data or loss of its own")
