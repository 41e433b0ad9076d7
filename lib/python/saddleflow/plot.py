"""Pictures of a run, in the colours of the report."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Iterator, Optional

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from .run import Run

# Of lib/saddleflow/report/page/page.css, on light paper.
INK, SOFT, GRID, EVENT = "#1c2126", "#5b6570", "#eceeef", "#a63d1e"
CURVES = ["#1f2a36", "#1d63a8", "#b5501b", "#1b7f66", "#7b4aa0", "#9a7400", "#ab2f5c"]
STYLE = {
    "axes.edgecolor": SOFT, "axes.labelcolor": INK, "axes.prop_cycle": plt.cycler(color=CURVES), "axes.spines.right": False,
    "axes.spines.top": False, "axes.grid": True, "grid.color": GRID, "text.color": INK, "xtick.color": SOFT, "ytick.color": SOFT,
}


@contextlib.contextmanager
def _axes(axes: Optional[Axes], run: Run, label: str, events: bool) -> Iterator[Axes]:
    """Those given or new ones; with the time below, and the events as lines."""
    with plt.rc_context(STYLE):
        if axes is None:
            axes = plt.subplots(layout="constrained")[1]
            axes.set_title(run.table.attrs.get("title", ""))
        yield axes
        if events:
            for time in run.events["event_time"].values:
                axes.axvline(time, color=EVENT, linewidth=0.5, alpha=0.6, zorder=0)
        axes.set(xlabel="flow time t", ylabel=label)


class Plots:
    """Each draws into `axes` or a new figure, and returns the axes."""

    def __init__(self, run: Run):
        self.run = run

    def loss(self, axes: Optional[Axes] = None, events: bool = True, **style: Any) -> Axes:
        """L(w(t)), and the test loss where there is a test set."""
        with _axes(axes, self.run, "loss", events) as axes:
            axes.plot(self.run.time, self.run.loss, **{"label": "training", **style})
            if "test_loss" in self.run.table:
                axes.plot(self.run.time, self.run.table["test_loss"], "--", **{"label": "test, mean", **style})
                axes.legend()
        return axes

    def neurons(self, axes: Optional[Axes] = None, events: bool = True, **style: Any) -> Axes:
        """The norm of the weights into and out of each hidden neuron."""
        with _axes(axes, self.run, "norm of a neuron", events) as axes:
            norms = self.run.table["neuron_norm"].values
            for k in range(norms.shape[1]):
                axes.plot(self.run.time, norms[:, k], linewidth=0.9, **{"color": CURVES[k % len(CURVES)], **style})
        return axes

    def spectrum(self, t: Optional[float] = None, axes: Optional[Axes] = None) -> Axes:
        """The eigenvalues of the Hessian at time t (default: the end), ascending; those below zero in the colour of the
        events."""
        t = float(self.run.table["snapshot_time"][-1]) if t is None else t
        with plt.rc_context(STYLE):
            if axes is None:
                axes = plt.subplots(layout="constrained")[1]
            values = self.run.eigenvalues(t)
            axes.scatter(np.arange(1, len(values) + 1), values, s=9, c=np.where(values < 0, EVENT, CURVES[1]))
            axes.set_yscale("symlog", linthresh=max(1e-12, 1e-8 * float(np.abs(values).max())))
            axes.set(xlabel="number", ylabel="eigenvalue", title=f"Hessian at t = {t:g}")
        return axes

    def report(self) -> Figure:
        """Loss, neurons and final spectrum on one figure."""
        with plt.rc_context(STYLE):
            figure, panels = plt.subplots(3, 1, figsize=(9, 9), layout="constrained")
            figure.suptitle(self.run.table.attrs.get("title", ""))
        self.loss(panels[0])
        self.neurons(panels[1])
        self.spectrum(axes=panels[2])
        return figure
