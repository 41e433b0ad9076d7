"""A collected sweep: one row a run, as xarray and pandas, with statistics over the seeds."""

from __future__ import annotations

import os
import warnings
from functools import cached_property
from typing import TYPE_CHECKING, Any, Optional, Sequence, Union

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from . import _core
from .run import ENGINE, Path, Run, _with_words
from .study import _value

if TYPE_CHECKING:
    import pandas as pd

    from .function import Function
    from .sweep_plot import SweepPlots

FINISHED, FAILED = 3, 4
# Everything of a collected file that must be there, with its dimensions; the tables of visits and jumps where a run has any.
TABLES: dict[str, tuple[str, ...]] = {"run": ("run",), "name": ("run",), "state": ("run",), "message": ("run",), "stop_reason": ("run",), "final_time": ("run",), "final_loss": ("run",),
          "escape_time": ("run",), "visit_count": ("run",), "jump_count": ("run",)}
# Where a run has a path.
CURVES: dict[str, tuple[str, ...]] = {"curve_time": ("curve_time",), "loss_curve": ("run", "curve_time")}
VISITS: dict[str, tuple[str, ...]] = {name: ("run", "visit") for name in ("visit_loss", "visit_time", "visit_enter", "visit_leave", "visit_depth")}
JUMPS: dict[str, tuple[str, ...]] = {"jump_time": ("run", "jump")}
TEXTS = ("name", "message", "stop_reason")
Names = Union[str, Sequence[str]]


def is_sweep_file(path: str) -> bool:
    """Whether the root of an HDF5 file says that it is a collected sweep."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return "sweep_format" in file.attrs
    except OSError:  # a run that is being written or was killed, or damaged: for Run to say
        return False


def _require(there: bool, name: str, path: str) -> None:
    if not there:
        raise _core.InputError(f"{path}: no dataset {name}, expected a collected file of sf-sweep")


def _read(path: str) -> xr.Dataset:
    import h5py

    with h5py.File(path, "r") as file:  # xarray does not get as far as this where a dimension is missing
        for name in [*TABLES, *(CURVES if any(name in file for name in CURVES) else [])]:
            _require(name in file, name, path)
    try:
        with xr.open_dataset(path, engine=ENGINE) as data:
            return data.load()
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise _core.InputError(f"{path}: cannot be read as a collected sweep: {error}") from None


def _check(table: xr.Dataset, path: str) -> None:
    """InputError that names the first variable that is missing or has other dimensions."""
    version = str(table.attrs["sweep_format"])
    if version.split(".")[0] != "1":
        raise _core.InputError(f"{path}: sweep_format is {version}, expected 1")
    expected = dict(TABLES)
    if any(name in table.variables for name in CURVES):
        expected.update(CURVES)
    for count, tables in (("visit_count", VISITS), ("jump_count", JUMPS)):
        if count in table and (np.nan_to_num(table[count].values) > 0).any():
            expected |= tables
    for name, dimensions in expected.items():
        _require(name in table.variables, name, path)
        found = table[name].dims
        if found != dimensions:
            raise _core.InputError(f"{path}: {name}: found the axes {', '.join(map(str, found)) or 'none'}, expected {', '.join(dimensions)}")
        if (table[name].dtype.kind in "OUS") != (name in TEXTS):
            raise _core.InputError(f"{path}: {name}: found {table[name].dtype}, expected {'texts' if name in TEXTS else 'numbers'}")
    if "flag_meanings" not in table["state"].attrs:
        raise _core.InputError(f"{path}: state: found no flag_meanings, expected the words of the states")
    for title, variable in table.variables.items():
        if "role" in variable.attrs and (variable.dims != ("run",) or "key" not in variable.attrs):
            raise _core.InputError(f"{path}: {title}: found the axes {', '.join(map(str, variable.dims)) or 'none'} and {'a' if 'key' in variable.attrs else 'no'} key, "
                                   "expected run and a key")


def power_law(x: Any, y: Any) -> tuple[float, float, float]:
    """(exponent, factor, error) of y = factor x^exponent: the line by least squares through the logarithms of what is positive,
    and the standard error of the exponent, known from three points on. NaN where there are no two different x."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    usable = (x > 0) & (y > 0) & np.isfinite(x) & np.isfinite(y)
    if len(np.unique(x[usable])) < 2:
        return np.nan, np.nan, np.nan
    log_x, log_y = np.log(x[usable]), np.log(y[usable])
    exponent, offset = np.polyfit(log_x, log_y, 1)
    rest, across = np.sum((log_y - offset - exponent * log_x) ** 2), np.sum((log_x - log_x.mean()) ** 2)
    error = np.sqrt(rest / (len(log_x) - 2) / across) if len(log_x) > 2 else np.nan
    return float(exponent), float(np.exp(offset)), float(error)


def _statistics(values: NDArray[Any], groups: dict[str, NDArray[Any]]) -> pd.DataFrame:
    """One row for each combination of the groups' values, one row of all where there is no group. NaN is left out."""
    import pandas as pd

    frame = pd.DataFrame({"value": values, **groups})
    names = list(groups)
    by: Any = names if len(names) > 1 else names[0] if names else np.zeros(len(frame), dtype=int)
    value = frame.groupby(by)["value"]
    return pd.DataFrame({"median": value.median(), "low": value.min(), "high": value.max(), "lower": value.quantile(0.25), "upper": value.quantile(0.75),
                         "count": value.count()})


def _quiet(of: Any) -> Any:
    """NumPy warns of times at which no run is known; NaN says so."""
    def quietly(values: NDArray[Any]) -> NDArray[Any]:
        if not len(values):
            return np.full(values.shape[1], np.nan)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return np.asarray(of(values))
    return quietly


_ALONG_RUNS = {"median": _quiet(lambda v: np.nanmedian(v, axis=0)), "low": _quiet(lambda v: np.nanmin(v, axis=0)), "high": _quiet(lambda v: np.nanmax(v, axis=0)),
               "lower": _quiet(lambda v: np.nanquantile(v, 0.25, axis=0)), "upper": _quiet(lambda v: np.nanquantile(v, 0.75, axis=0)),
               "count": lambda v: np.isfinite(v).sum(axis=0)}


def _wanted(wanted: Any, text: bool, name: str) -> list[Any]:
    """The values that a selection asks for; of texts as the collected file writes them."""
    if isinstance(wanted, str) or not np.iterable(wanted):
        return [_value(wanted, name) if text and not isinstance(wanted, str) else wanted]
    if not text:
        return list(wanted)
    several = any(isinstance(value, str) or np.iterable(value) for value in wanted)
    return [value if isinstance(value, str) else _value(value, name) for value in (wanted if several else [wanted])]


class Sweep:
    """What `sf-sweep --collect` has written. `table` has the dimension `run`; NaN stands for what is not known. `select` gives a
    sweep of some of the runs, with the same methods."""

    def __init__(self, path: str, _table: Optional[xr.Dataset] = None):
        self.path = path
        if _table is None:
            if not os.path.exists(path):
                raise _core.InputError(f"{path}: found no such file, expected a collected sweep")
            if not is_sweep_file(path):
                raise _core.InputError(f"{path}: found another file, expected a collected sweep")
            _table = _with_words(_read(path))
            _check(_table, path)
        self.table = _table

    def __repr__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in self.states.items() if count)
        return f"<saddleflow.Sweep {self.path}: {self.table.attrs.get('title', '')}, {len(self)} runs ({states or 'none'}), axes {', '.join(self.axes) or 'none'}>"

    def __len__(self) -> int:
        return self.table.sizes["run"]

    def _with_role(self, *roles: str) -> list[str]:
        return [str(name) for name, variable in self.table.variables.items() if variable.attrs.get("role") in roles]

    @property
    def axes(self) -> list[str]:
        """Names of the axes, seeds among them, in the order of the file: init_scale for the key init.scale."""
        return self._with_role("axis", "seed")

    @property
    def seeds(self) -> list[str]:
        """The axes whose key ends in seed."""
        return self._with_role("seed")

    @property
    def computed(self) -> list[str]:
        """The values that the sweep computes for each run."""
        return self._with_role("value")

    @property
    def states(self) -> dict[str, int]:
        """How many runs are in each state."""
        meanings = str(self.table["state"].attrs["flag_meanings"]).split()
        return {word: int((self.table["state_name"] == word).sum()) for word in meanings}

    def _rows(self, rows: NDArray[Any]) -> Sweep:
        return Sweep(self.path, self.table.isel(run=rows))

    @cached_property
    def finished(self) -> Sweep:
        """The runs that have finished."""
        return self._rows(self.table["state"].values == FINISHED)

    @cached_property
    def failed(self) -> Sweep:
        """The runs that have failed; what the tool said is in failed.table["message"]."""
        return self._rows(self.table["state"].values == FAILED)

    def _column(self, name: str, among: Sequence[str], what: str) -> xr.DataArray:
        name = name.replace(".", "_")
        if name not in among:
            raise _core.InputError(f"{self.path}: found no {what} {name}, expected one of: {', '.join(among) or 'none'}")
        return self.table[name]

    def select(self, **values: Any) -> Sweep:
        """The runs with these values of the axes or computed values: select(init_scale=1e-3, init_seed=[1, 2]). A list of numbers
        for an axis of texts is one value: network_layers=[2, 8, 1]. Numbers are compared to a relative 1e-9, as those of a sweep are
        powers with rounding. InputError for a name that is none, and for a value that no run has."""
        rows = np.ones(len(self), dtype=bool)
        for name, wanted in values.items():
            column = self._column(name, self._with_role("axis", "seed", "value"), "axis")
            text, same = column.dtype.kind in "OU", np.zeros(len(self), dtype=bool)
            for value in _wanted(wanted, text, name):
                found = column.values == value if text else np.isclose(column.values, value, rtol=1e-9, atol=0)
                if not found.any():
                    known = ", ".join(map(str, np.unique(column.values)[:12]))
                    raise _core.InputError(f"{self.path}: {name}: found no run with {value!r}, expected one of: {known}")
                same |= found
            rows &= same
        return self._rows(rows)

    @property
    def scalars(self) -> list[str]:
        """Names of the results with one number a run."""
        marked = {"run", "state", *self._with_role("axis", "seed", "value")}
        return [str(name) for name, variable in self.table.variables.items()
                if variable.dims == ("run",) and variable.dtype.kind in "fiu" and name not in marked]

    def to_frame(self) -> pd.DataFrame:
        """One row a run, by its number: name, axes, computed values, state, stop_reason, message, and all results with one number."""
        names = ["name", *self._with_role("axis", "seed", "value"), "state_name", "stop_reason", "message", *self.scalars]
        return self.table[names].to_dataframe()[names].rename(columns={"state_name": "state"})

    def _groups(self, over: Optional[Names]) -> list[str]:
        """The axes that are kept: those that are not pooled, by default the seeds."""
        pooled = self.seeds if over is None else [over] if isinstance(over, str) else list(over)
        pooled = [str(self._column(name, self.axes, "axis").name) for name in pooled]
        return [name for name in self.axes if name not in pooled and len(np.unique(self.table[name].values)) > 1]

    def values(self, name: str) -> NDArray[Any]:
        """A result with one number a run: that of `table`, or of a table with several (jump_time, visit_loss,
        final_effective_width, ...) with the number from 1, as in "jump_time.1"; NaN where it is not known. InputError for others."""
        known = self.scalars
        table, _, number = name.partition(".")
        tables = [other for other, variable in self.table.variables.items()
                  if len(variable.dims) == 2 and variable.dims[0] == "run" and variable.dims[1] != "curve_time" and variable.dtype.kind in "fiu"]
        if number.isdigit() and table in {*tables, *VISITS, *JUMPS}:
            width = self.table[table].shape[1] if table in self.table else 0
            if not 1 <= int(number) <= width:
                raise _core.InputError(f"{self.path}: {name}: found no run with one, expected a number from 1 to {width}")
            return self.table[table].values[:, int(number) - 1]
        if name not in known:
            raise _core.InputError(f"{self.path}: found no result {name}, expected one of: {', '.join(known)}, or jump_time.1, visit_loss.1, ...")
        return self.table[name].values.astype(float)

    def median(self, name: str, over: Optional[Names] = None, finished: bool = True) -> pd.DataFrame:
        """Median, lowest, highest, quartiles and count of a result over an axis or several, by default over the seeds: one row for
        each combination of the other axes, columns median, low, high, lower, upper, count. Runs without a value are left out;
        finished: so are those that have not finished. Values as for `values`."""
        source = self.finished if finished else self
        return _statistics(source.values(name), {group: source.table[group].values for group in source._groups(over)})

    def exponents(self, name: str, axis: str, by: Optional[str] = None, finished: bool = True) -> pd.DataFrame:
        """Exponent, factor, and standard error of the exponent, of the power law through the medians of a result over a numeric axis, one row for each value of the
        axis `by`. All other axes are pooled, as on the page of sf-report."""
        import pandas as pd

        rows = [(label, *power_law(part.index, part["median"])) for label, part in self.medians_along(name, axis, by, finished)]
        return pd.DataFrame(rows, columns=[by or "", "exponent", "factor", "error"]).set_index(by or "")

    def _grouped(self, by: Optional[str]) -> list[tuple[Any, NDArray[Any]]]:
        """Value and rows of each group: numbers ascending, texts in the order of the runs. One group where there is no `by`."""
        if not by:
            return [("all runs", np.arange(len(self)))]
        column = self._column(by, self._with_role("axis", "seed", "value"), "axis").values
        values = list(dict.fromkeys(column)) if column.dtype.kind in "OU" else np.unique(column).tolist()
        return [(value, np.nonzero(column == value)[0]) for value in values]

    def medians_along(self, name: str, axis: str, by: Optional[str] = None, finished: bool = True) -> list[tuple[Any, pd.DataFrame]]:
        """What `plot.scaling` draws: for each value of `by` (or once, with the label "all runs") the columns of `median` with
        `axis` as index, over all other axes. InputError for an axis that is not numeric."""
        x = self._column(axis, self._with_role("axis", "seed", "value"), "axis").name
        if self.table[x].dtype.kind in "OU":
            raise _core.InputError(f"{self.path}: {axis}: found texts, expected a numeric axis")
        source = self.finished if finished else self
        places, values = source.table[x].values, source.values(name)
        return [(label, _statistics(values[rows], {str(x): places[rows]})) for label, rows in source._grouped(by)]

    def curves(self, by: Optional[str] = None, curve: str = "loss_curve", finished: bool = True) -> xr.Dataset:
        """A curve over common time by the values of an axis, the dimension of that name: median, lowest, highest and quartiles of each
        group, and the count of runs that are known at a time; one that has ended is left out from there on. by: by default the
        first axis that is no seed; "" for one group of all runs."""
        source = self.finished if finished else self
        if curve not in self.table or self.table[curve].dims != ("run", "curve_time"):
            known = ", ".join(str(name) for name, variable in self.table.variables.items() if variable.dims == ("run", "curve_time"))
            raise _core.InputError(f"{self.path}: found no curve {curve}, expected one of: {known}")
        if by is None:
            by = next((name for name in self._with_role("axis") if len(np.unique(self.table[name].values)) > 1), "")
        groups = source._grouped(by)
        dimension = by.replace(".", "_") or "group"
        values = source.table[curve].values
        parts = {name: ((dimension, "curve_time"), [of(values[rows]) for _, rows in groups]) for name, of in _ALONG_RUNS.items()}
        return xr.Dataset(parts, coords={dimension: [label for label, _ in groups], "curve_time": self.table["curve_time"].values})

    def run(self, name: Union[str, int]) -> Run:
        """The run file beside the collected file, by the name of the run or its number from 1. InputError where the sweep has
        no such run, or there is no file."""
        names, numbers = self.table["name"].values, self.table["run"].values
        place = np.nonzero(names == name if isinstance(name, str) else numbers == name)[0]
        if not len(place):
            raise _core.InputError(f"{self.path}: found no run {name!r}, expected a name or a number from {int(numbers.min()) if len(numbers) else 0} to "
                                   f"{int(numbers.max()) if len(numbers) else 0}")
        return Run(os.path.join(os.path.dirname(os.path.abspath(self.path)), f"{names[place[0]]}.h5"))

    @property
    def plot(self) -> SweepPlots:
        """Pictures with matplotlib: plot.scaling("escape_time", "init_scale", by="network_layers"), plot.losses(by="init_scale")."""
        from .sweep_plot import SweepPlots

        return SweepPlots(self)


def open(path: Path, function: Optional[Function] = None) -> Union[Run, Sweep]:
    """The run of a file, be it finished, killed or still being written, or the sweep of a collected file. function: the one that
    the run is of, where it is the run of one. InputError for a file that is neither, or for the run of another function; IoError."""
    name = os.fspath(path)
    return Sweep(name) if function is None and is_sweep_file(name) else Run(name, function)
