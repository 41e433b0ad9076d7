"""Runs: integrating one, and what its file holds, as xarray and NumPy."""

from __future__ import annotations

import os
import sys
import tempfile
import weakref
from functools import cached_property
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from . import _core
from .function import Function, check_overrides, study_of
from .study import Study, overrides_of, text_of

if TYPE_CHECKING:
    import pandas as pd
    import scipy.sparse.linalg as sla

    from .plot import Plots

Path = Union[str, "os.PathLike[str]"]
Progress = Union[bool, Callable[..., None]]
Floats = NDArray[Any]
ENGINE = "h5netcdf"


def _show(t: float, t_end: float, loss: float, steps: int, events: int, seconds_left: float) -> None:
    left = f", about {seconds_left:.0f} s left" if np.isfinite(seconds_left) else ""
    print(f"\r\033[Kt {t:.6g} of {t_end:g}, loss {loss:.6g}, {steps} steps, {events} events{left}", end="", file=sys.stderr, flush=True)


def temporary_file(name: str) -> tuple[str, tempfile.TemporaryDirectory[str]]:
    """A path for a file that goes with its folder."""
    folder = tempfile.TemporaryDirectory(prefix="saddleflow-")
    return os.path.join(folder.name, name), folder


def data_overrides(X: Optional[Any], y: Optional[Any], file: str) -> list[str]:
    """X and y are stored beside the run file; the overrides that name them. None where there are none."""
    if (X is None) != (y is None):
        raise _core.InputError("found one of X and y, expected both or none")
    if X is None:
        return []
    X, y = np.asarray(X), np.asarray(y)
    if X.ndim == 1:
        X = X[:, None]
    path = os.path.splitext(os.path.abspath(file))[0] + ".data.npz"
    np.savez(path, inputs=X, targets=y)
    quoted = path.replace("\\", "\\\\").replace('"', '\\"')
    return [f'data.file="{quoted}"', 'data.array.inputs="inputs"', 'data.array.targets="targets"']


def _beside(source: Any, perturb: Optional[float], along: Any, sign: str, path: str) -> tuple[str, str, list[str], Optional[Function]]:
    """(text, name, overrides, function) of the study of a file of saddles, started beside one of its points."""
    try:
        points, number = source
    except (TypeError, ValueError):
        raise _core.InputError("from_saddle: expected (points, number): what saddles() returned, and a row of its catalogue from 1") from None
    if perturb is None or not perturb > 0:
        raise _core.InputError(f"perturb: found {perturb}, expected the distance of the start from the point, more than 0")
    file = points.path if isinstance(points, Run) else os.fspath(points)
    if along is None:
        way = ""
    elif isinstance(along, (int, np.integer)):
        way = str(int(along))
    else:
        way = os.path.splitext(os.path.abspath(path))[0] + ".direction.txt"
        np.savetxt(way, np.asarray(along, dtype=float).ravel(), fmt="%.17g")
    toml, overrides = _core.start_beside(file, int(number), float(perturb), way, sign)
    return toml, file, overrides, points.function if isinstance(points, Run) else None


def run(study: Union[Study, Function, None] = None, X: Optional[Any] = None, y: Optional[Any] = None, file: Optional[Path] = None,
        progress: Progress = True, overwrite: bool = False, resume: bool = False, w0: Optional[Any] = None,
        from_saddle: Optional[tuple[Union[Run, Path], int]] = None, perturb: Optional[float] = None, along: Optional[Any] = None,
        sign: str = "+", **overrides: Any) -> Run:
    """Integrates the gradient flow of a study, or of a function of one's own, and returns its run.

    study: path of a study file, a dictionary nested as one, or a Function. w0: of a function, the weights at t = 0; without
    it they are drawn as init.kind, init.scale and init.seed say. from_saddle: (points, number) in place of a study, the start
    is at the distance `perturb` of that critical point of `saddles()`, counted from 1: along way down number `along`, or a
    direction (an array, one number a weight), on the side `sign`, or with random weights of its zero neurons. X (samples x
    inputs) and y (samples x outputs, or samples, or class labels): the data, in place of those of the study; they are kept beside the run file. file: of the run; by default
    one that goes with the returned object. progress: a line on stderr, none, or a function
    f(t, t_end, loss, steps, events, seconds_left), called about twice a second. overwrite: a file that exists. resume: start,
    or go on with an unfinished run, or with a finished one to a later end, as `sf-flow --resume` does. Further arguments are
    keys of the study: flow_t_end=1e4 for flow.t_end, or **{"flow.t_end": 1e4}.

    Raises InputError (a key, the data, an existing file), IoError, and NumericalError where the integration failed or its path
    is not certain: the run so far is in the exception's attribute `run`, and what a function of one's own has raised is its
    cause. Ctrl-C raises KeyboardInterrupt; the file is whole then, and `resume` goes on.
    """
    folder = None
    if file is None:
        file, folder = temporary_file("run.h5")
    path = os.fspath(file)
    function = study if isinstance(study, Function) else None
    if from_saddle is not None and study is not None:
        raise _core.InputError("from_saddle: found beside a study, expected one of the two: the problem is that of the points")
    if from_saddle is None and (study is None or perturb is not None or along is not None):
        raise _core.InputError("study: found none, expected one, or from_saddle" if study is None else "perturb, along: found without from_saddle")
    if function is not None:
        if X is not None or y is not None:
            raise _core.InputError("X, y: found with a function, which has data of its own")
        check_overrides(overrides)
        if w0 is not None:
            function.check(w0)
        study = study_of(function, w0)
    elif w0 is not None:
        raise _core.InputError("w0: found with a study, expected with a function; init.weights are those of a study")
    start: list[str] = []
    if from_saddle is not None:
        if X is not None or y is not None:
            raise _core.InputError("X, y: found with from_saddle, whose points have their data")
        toml, name, start, function = _beside(from_saddle, perturb, along, sign, path)
    else:
        assert study is not None and not isinstance(study, Function)
        toml, name = text_of(study)
    texts = data_overrides(X, y, path) + start + overrides_of(overrides)
    callback = (_show if sys.stderr.isatty() else None) if progress is True else progress or None
    try:
        end = _core.run(toml, name, texts, path, "saddleflow.run", overwrite, resume, callback, core_of(function), from_saddle is not None)
    finally:
        if callback is _show:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
    result = Run(path, function, _folder=folder)
    failure = end["failure"]
    if isinstance(failure, KeyboardInterrupt):
        raise failure
    if end["failed"] or end["doubt"] or failure is not None:
        found = f"stopped with {end['stop_reason']}" if end["failed"] else f"not certain: {end['doubt'] or 'a function failed'}"
        error = _core.NumericalError(f"{path}: {found}" + (f": {type(failure).__name__}: {failure}" if failure is not None else ""))
        error.run = result
        raise error from failure
    return result


def core_of(function: Optional[Function]) -> Any:
    return None if function is None else function._core


def _with_words(data: xr.Dataset) -> xr.Dataset:
    """Adds the words of flags (CF: flag_values, flag_meanings)."""
    words = {}
    for name, variable in data.variables.items():
        meanings = str(variable.attrs.get("flag_meanings", "")).split()
        if meanings:
            by_flag = dict(zip(np.atleast_1d(variable.attrs["flag_values"]).tolist(), meanings))
            words[f"{name}_name"] = (variable.dims, np.array([by_flag.get(flag, "") for flag in variable.values.ravel().tolist()], dtype=object).reshape(variable.shape))
    return data.assign(words)


class Run:
    """A run file. Tables are xarray Datasets with named dimensions, read when they are asked for; weights at a time between
    two stored ones are integrated from the earlier one (see sf-evaluate). Times are flow times, without unit."""

    def __init__(self, path: str, function: Optional[Function] = None, _folder: Optional[tempfile.TemporaryDirectory[str]] = None):
        self.path = path
        self.function = function
        if _folder is not None:
            weakref.finalize(self, _folder.cleanup)
        if not _core.is_run_file(path):
            found = "another file" if os.path.exists(path) else "no such file"
            raise _core.InputError(f"{path}: found {found}, expected the file of a run")
        self._at: dict[float, Floats] = {}
        _core.repair(path)
        if function is not None:
            self.problem  # noqa: B018 - refuses another function

    def __repr__(self) -> str:
        rows = len(self.time)
        until = f" to t = {float(self.time[-1]):g}" if rows else ""
        return f"<saddleflow.Run {self.path}: {self.table.attrs.get('title', '')}, {rows} rows{until}, {self.stop_reason}>"

    @cached_property
    def problem(self) -> _core.Problem:
        """Network, data and loss, as functions of the weights. InputError for a network that grows."""
        return _core.Problem(self.path, [], core_of(self.function))

    def group(self, name: str = "/") -> xr.Dataset:
        """A group of the file. Beside each category (kind, depth, stepper, ...) there is a variable with its words, for example
        kind_name. InputError where the file has no such group."""
        try:
            with xr.open_dataset(self.path, engine=ENGINE, group=name) as data:
                return _with_words(data.load())
        except OSError as error:
            raise _core.InputError(f"{self.path}: no group {name}: {error}") from None

    @property
    def tree(self) -> Any:
        """All groups of the file as one xarray.DataTree, with the words of categories as in group(). InputError with an xarray
        that has none (before 2024.10)."""
        if not hasattr(xr, "DataTree"):
            raise _core.InputError("tree: found an xarray without DataTree, expected 2024.10 or later; group(name) reads one group")
        open_tree: Any = getattr(xr, "open_datatree")
        with open_tree(self.path, engine=ENGINE) as stored:
            return xr.DataTree.from_dict({node.path: _with_words(node.to_dataset(inherit=False).load()) for node in stored.subtree})

    @cached_property
    def table(self) -> xr.Dataset:
        """What is recorded at every accepted step and snapshot: the root of the file."""
        return self.group("/")

    @property
    def time(self) -> xr.DataArray:
        return self.table["time"]

    @property
    def loss(self) -> xr.DataArray:
        return self.table["loss"]

    @cached_property
    def events(self) -> xr.Dataset:
        return self.group("events")

    @cached_property
    def saddles(self) -> xr.Dataset:
        """The visits; in a file of `saddles()` with what the refinement found."""
        return self.group("saddles")

    @cached_property
    def rounds(self) -> xr.Dataset:
        """Of a growing network."""
        return self.group("rounds")

    @cached_property
    def catalogue(self) -> xr.Dataset:
        """The critical points, in a file of `saddles()` or `limit()`."""
        return self.group("catalogue")

    @cached_property
    def summary(self) -> dict[str, Any]:
        """What the run says of itself: stop_reason, work, gauges, provenance."""
        return dict(self.group("run").attrs)

    @property
    def stop_reason(self) -> str:
        return str(self.summary.get("stop_reason", "running"))

    def weights(self, t: float) -> Floats:
        """All weights at time t, one after the other, layer after layer, column by column. InputError for a time that the run
        does not cover."""
        t = float(t)
        if t not in self._at:
            stored = np.nonzero(self.table["snapshot_time"].values == t)[0]
            self._at[t] = self.table["weights"].values[stored[-1]] if len(stored) else self._between(t)
        return self._at[t]

    def _between(self, t: float) -> Floats:
        path, folder = temporary_file("at.nc")
        with folder:
            _core.evaluate(self.path, path, [t], None, "none", False, core_of(self.function))
            with xr.open_dataset(path, engine=ENGINE) as data:
                return np.concatenate([data[f"weights_{l + 1}"].values[0].ravel(order="F") for l in range(len(self.problem.shapes))])

    def W(self, l: int, t: float) -> Floats:
        """The matrix of layer l, counted from 1, at time t: fan-out x fan-in."""
        count = len(self.problem.shapes)
        if not 1 <= l <= count:
            raise _core.InputError(f"W: found layer {l}, expected 1 to {count}")
        return self.problem.matrices(self.weights(t))[l - 1]

    def neurons(self, t: float) -> list[Floats]:
        """Of every hidden layer, the norm of the weights into and out of each neuron; of a function that of each of its neurons."""
        if self.function is not None:
            w = self.weights(t)
            return [np.array([np.linalg.norm(w[neuron]) for neuron in self.function.neurons])]
        matrices = self.problem.matrices(self.weights(t))
        return [np.hypot(np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=0)) for a, b in zip(matrices, matrices[1:])]

    def predict(self, X: Any, t: float) -> Floats:
        """The network's outputs at inputs X (points x inputs, in the units of the stored ones), points x outputs."""
        return self.problem.predict(self.weights(t), np.atleast_2d(np.asarray(X, dtype=float)))

    def gradient(self, t: float) -> Floats:
        """Of the loss, by all weights."""
        return self.problem.gradient(self.weights(t))

    def hessian(self, t: float) -> Floats:
        """Of the loss, weights x weights."""
        return self.problem.hessian(self.weights(t))

    def hessian_operator(self, t: float) -> sla.LinearOperator:
        """The same as an operator, without the matrix."""
        from .operator import hessian_operator

        return hessian_operator(self.problem, self.weights(t))

    def eigenvalues(self, t: float, k: Optional[int] = None) -> Floats:
        """Of the Hessian, ascending: all of them, or the k smallest and the k largest."""
        values: Floats = np.linalg.eigvalsh(self.hessian(t))
        return values if k is None or 2 * k >= len(values) else np.concatenate([values[:k], values[-k:]])

    def to_frame(self) -> pd.DataFrame:
        """The columns with one number a row, by time."""
        columns = [name for name, column in self.table.variables.items() if column.dims == ("time",) and name != "time"]
        return self.table[columns].to_dataframe()

    def to_csv(self, folder: Path, weights: bool = False, overwrite: bool = False) -> list[str]:
        """Writes every table as a CSV file into a folder (sf-export), with the columns of one number per weight if asked for;
        returns the paths. InputError for files that exist, IoError."""
        return _core.export_csv(self.path, os.fspath(folder), weights, overwrite)

    @property
    def plot(self) -> Plots:
        """Pictures with matplotlib: plot.loss(), plot.neurons(), plot.spectrum(), plot.report()."""
        from .plot import Plots

        return Plots(self)
