"""Pictures of a sweep, in the colours of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from .plot import CURVES, STYLE
from .sweep import power_law

if TYPE_CHECKING:
    from .sweep import Sweep

NAMED = CURVES[1:]  # the first is the ink of single curves


def _colour(k: int, count: int) -> Any:
    """Of many groups the colour rises with the place."""
    return NAMED[k] if count <= len(NAMED) else plt.get_cmap("viridis")(0.9 * k / (count - 1))


def _label(name: str, value: Any) -> str:
    return str(value) if name == "" else f"{name} = {value:g}" if isinstance(value, (int, float, np.number)) else f"{name} = {value}"


class SweepPlots:
    """Each draws into `axes` or a new figure, and returns the axes. `finished`: only runs that have finished."""

    def __init__(self, sweep: Sweep):
        self.sweep = sweep

    def _axes(self, axes: Optional[Axes]) -> Axes:
        if axes is None:
            axes = plt.subplots(layout="constrained")[1]
            axes.set_title(self.sweep.table.attrs.get("title", ""))
        return axes

    def _key(self, name: str) -> str:
        """Of the study, for the name of an axis: init.scale for init_scale."""
        name = name.replace(".", "_")
        return str(self.sweep.table[name].attrs.get("key", name)) if name in self.sweep.table else ""

    def scaling(self, name: str, axis: str, by: Optional[str] = None, axes: Optional[Axes] = None, finished: bool = True, log: bool = True,
                **style: Any) -> Axes:
        """A result over a numeric axis: medians with whiskers from lowest to highest, and the power law through the medians, whose
        exponent is in the legend. One curve for each value of `by`; all other axes are pooled."""
        parts = self.sweep.medians_along(name, axis, by, finished)
        with plt.rc_context(STYLE):
            axes = self._axes(axes)
            for k, (label, part) in enumerate(parts):
                part = part[part["count"] > 0]
                if log:
                    part = part[(part["median"] > 0) & (part.index > 0)]
                exponent, factor, error = power_law(part.index, part["median"])
                colour = _colour(k, len(parts))
                words = _label(self._key(by or ""), label) + (f", exponent {exponent:.3g}" if np.isfinite(exponent) else "") + (f" ± {error:.1g}" if np.isfinite(error) else "")
                whiskers = [part["median"] - part["low"], part["high"] - part["median"]]
                axes.errorbar(part.index, part["median"], yerr=whiskers, fmt="o", **{"color": colour, "capsize": 3, "markersize": 4, "label": words, **style})
                if np.isfinite(exponent) and log:
                    axes.plot(part.index, factor * part.index**exponent, "--", color=colour, linewidth=1)
                elif not log:
                    axes.plot(part.index, part["median"], color=colour, linewidth=1)
            if log:
                axes.set(xscale="log", yscale="log")
            axes.set(xlabel=self._key(axis), ylabel=name.replace("_", " "))
            axes.legend()
        return axes

    def losses(self, by: Optional[str] = None, curve: str = "loss_curve", axes: Optional[Axes] = None, finished: bool = True, **style: Any) -> Axes:
        """A curve of all runs over common time: the median of each group with its quartiles and range. by: the axis of the groups, by
        default the first one that is no seed; "" for one group. A run that has ended is left out from there on."""
        found = self.sweep.curves(by, curve, finished)
        key = str(found["median"].dims[0])
        with plt.rc_context(STYLE):
            axes = self._axes(axes)
            time, count = found["curve_time"].values, found.sizes[key]
            for k, label in enumerate(found[key].values):
                colour, part = _colour(k, count), found.isel({key: k})
                axes.plot(time, part["median"], **{"color": colour, "label": _label(self._key(key), label), **style})
                axes.fill_between(time, part["low"], part["high"], color=colour, alpha=0.1, linewidth=0)
                axes.fill_between(time, part["lower"], part["upper"], color=colour, alpha=0.2, linewidth=0)
            axes.set(xscale="log", yscale="log", xlabel="flow time t", ylabel=curve.removesuffix("_curve").replace("_", " "))
            axes.legend()
        return axes
