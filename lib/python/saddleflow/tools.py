"""The other tools as functions. Each writes a file and returns it as a Run or a Dataset; without `file` it is a temporary one."""

from __future__ import annotations

import os
import sys
from typing import Any, Optional, Sequence, Union

import numpy as np
import xarray as xr

from . import _core
from .function import Function
from .run import ENGINE, Path, Progress, Run, core_of, data_overrides, temporary_file
from .study import Study, overrides_of, text_of

Source = Union[Run, Path]


def _path(source: Source) -> str:
    return source.path if isinstance(source, Run) else os.fspath(source)


def _function(sources: Sequence[Source]) -> Optional[Function]:
    """The function that runs belong to. InputError where they belong to several."""
    functions = [source.function for source in sources if isinstance(source, Run)]
    if any(function is not functions[0] for function in functions):
        raise _core.InputError("found runs of several functions, expected runs of one")
    return functions[0] if functions else None


def _place(file: Optional[Path], name: str) -> tuple[str, Any]:
    return (os.fspath(file), None) if file is not None else temporary_file(name)


def kkt(source: Source, file: Optional[Path] = None, starts: int = 64, seed: int = 1, overwrite: bool = False, **overrides: Any) -> Run:
    """The KKT points of the correlation function, by which the flow leaves the origin (sf-kkt): of a study file, or of a run,
    with the one that it took. `.group("kkt")` of what is returned. InputError, IoError."""
    path, folder = _place(file, "kkt.h5")
    _core.kkt(_path(source), overrides_of(overrides), path, starts, seed, overwrite, core_of(_function([source])))
    return Run(path, _folder=folder)


def limit(source: Source, file: Optional[Path] = None, point: int = 1, starts: int = 64, seed: int = 1, overwrite: bool = False,
          **overrides: Any) -> Run:
    """The path that leaves the origin along KKT point `point`, counted from 1, in the limit of small starts (sf-limit).
    InputError (a network with kinks, no such point), NumericalError."""
    path, folder = _place(file, "limit.h5")
    _core.limit(_path(source), overrides_of(overrides), path, point - 1, starts, seed, overwrite, core_of(_function([source])))
    return Run(path, _folder=folder)


def saddles(sources: Union[Source, Sequence[Source]], file: Optional[Path] = None, connect: bool = False, starts: int = 64,
            seed: int = 1, prominence: Optional[float] = None, progress: Progress = False, overwrite: bool = False) -> Run:
    """The saddles that runs of one problem have visited: refined, classified, with the ways down from them (sf-saddles).
    `.catalogue` and `.saddles` of what is returned. InputError, IoError."""
    several = list(sources) if isinstance(sources, (list, tuple)) else [sources]
    path, folder = _place(file, "saddles.h5")
    callback = (lambda what: print(what, file=sys.stderr)) if progress is True else progress or None
    function = _function(several)
    _core.saddles([_path(s) for s in several], path, connect, starts, seed, prominence, overwrite, callback, core_of(function))
    return Run(path, function, _folder=folder)


def pursuit(source: Source, file: Optional[Path] = None, resume: bool = False, after_round: int = -1, progress: Progress = False,
            overwrite: bool = False, **overrides: Any) -> Run:
    """Neuron Pursuit from a study file, or on from a round of an earlier one (sf-pursuit). `.rounds` of what is returned.
    InputError, IoError, NumericalError."""
    path, folder = _place(file, "pursuit.h5")
    callback = (lambda number, loss: print(f"round {number}: loss {loss:.6g}", file=sys.stderr)) if progress is True else progress or None
    _core.pursuit(_path(source), overrides_of(overrides), path, overwrite, resume, after_round, callback)
    return Run(path, _folder=folder)


def skeleton(study: Study, X: Optional[Any] = None, y: Optional[Any] = None, file: Optional[Path] = None, flows: Sequence[float] = (),
             pursuit: bool = False, starts: int = 16, seed: int = 1, progress: Progress = False, overwrite: bool = False,
             **overrides: Any) -> Run:
    """The sequence of saddles as the norm of the start goes to zero (sf-skeleton), with flows from these norms and Neuron
    Pursuit beside it. `.group("skeleton")`, "sequences", "stops", "matches" and "flow_loss" of what is returned. InputError (a
    network whose skeleton is not known), NumericalError; the file is in the attribute `run` of that."""
    path, folder = _place(file, "skeleton.h5")
    toml, name = text_of(study)
    texts = data_overrides(X, y, path) + overrides_of(overrides)
    callback = (lambda what: print(what, file=sys.stderr)) if progress is True else progress or None
    doubt = _core.skeleton(toml, name, texts, path, list(flows), pursuit, starts, seed, overwrite, callback)
    result = Run(path, _folder=folder)
    if doubt:
        error = _core.NumericalError(f"{path}: {doubt}")
        error.run = result
        raise error
    return result


def report(sources: Union[Source, Sequence[Source]], file: Path, overwrite: bool = False) -> str:
    """Writes one self-contained HTML page about a run, or about several runs of one problem (sf-report), and returns its path.
    InputError for runs of several problems or a page that exists, IoError."""
    several = list(sources) if isinstance(sources, (list, tuple)) else [sources]
    if not several:
        raise _core.InputError("report: found no run, expected at least one")
    _core.report([_path(s) for s in several], os.fspath(file), overwrite)
    return os.fspath(file)


def evaluate(source: Source, times: Sequence[float], inputs: Optional[Any] = None, spectrum: str = "ends",
             file: Optional[Path] = None, overwrite: bool = False) -> xr.Dataset:
    """Weights, outputs, losses and the Hessian's spectrum ("none", "ends", "whole") of a run at any times (sf-evaluate), with
    the outputs at `inputs` (points x inputs) if given. InputError for a time that the run does not cover."""
    path, folder = _place(file, "evaluation.nc")
    points = None if inputs is None else np.atleast_2d(np.asarray(inputs, dtype=float))
    _core.evaluate(_path(source), path, [float(t) for t in times], points, spectrum, overwrite, core_of(_function([source])))
    with xr.open_dataset(path, engine=ENGINE) as data:
        loaded = data.load()
    if folder is not None:
        folder.cleanup()
    return loaded
