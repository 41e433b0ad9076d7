#!/usr/bin/env python3
"""Loss and neuron norms over time with the events of a run: plot-run.py RUN.h5 PICTURE.png"""

import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import xarray as xr

run = xr.open_dataset(sys.argv[1], engine="h5netcdf")
events = xr.open_dataset(sys.argv[1], engine="h5netcdf", group="events")
figure, (top, bottom) = plt.subplots(2, 1, sharex=True, figsize=(9, 6), constrained_layout=True)
run.loss.plot(ax=top, x="time", color="black", linewidth=1.2)
run.neuron_norm.plot.line(ax=bottom, x="time", add_legend=False, linewidth=0.8)
for time in events.event_time.values:
    for axes in (top, bottom):
        axes.axvline(time, color="tab:red", linewidth=0.5, alpha=0.6)
top.set(title=run.attrs["title"], xlabel="", ylabel="loss")
bottom.set(xlabel="time", ylabel="norm of each neuron", yscale="log", xlim=(0, float(run.time[-1])))
figure.savefig(sys.argv[2], dpi=150)
