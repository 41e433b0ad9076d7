#!/usr/bin/env python3
"""Work-precision curves of flow-benchmark, a panel a case: plot-benchmark.py RUNS.csv PICTURE.(svg|png)"""

import csv
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def front(points):
    """Of (error, seconds) those than which no other is both cheaper and as exact."""
    kept = []
    for error, seconds in sorted(points, key=lambda p: p[1]):
        if not kept or error < kept[-1][0]:
            kept.append((error, seconds))
    return kept


if len(sys.argv) != 3:
    sys.exit("plot-benchmark.py: expected RUNS.csv PICTURE")
cases, floors = {}, {}
with open(sys.argv[1], newline="") as file:
    for row in csv.DictReader(file):
        curves = cases.setdefault(row["case"], {})
        floors[row["case"]] = float(row["floor"])
        points = curves.setdefault(row["method"], [])
        # A method's curve is the envelope over its absolute tolerances.
        if row["finished"] == "1" and float(row["error"]) > 0 and float(row["seconds"]) > 0:
            points.append((float(row["error"]), float(row["seconds"])))
if not cases:
    sys.exit(f"{sys.argv[1]}: no runs found, expected at least one")

columns = min(3, len(cases))
rows = -(-len(cases) // columns)
figure, axes = plt.subplots(rows, columns, figsize=(4.6 * columns, 3.6 * rows), squeeze=False, layout="constrained")
methods = list(dict.fromkeys(method for curves in cases.values() for method in curves))
styles = {m: dict(color="black", linewidth=2.2, marker="o") if m == "saddleflow" else
             dict(color=f"C{i % 10}", linewidth=1, marker="sv^<>Dxp*"[i % 9]) for i, m in enumerate(methods)}
for panel, (name, curves) in zip(axes.flat, cases.items()):
    for method, points in curves.items():
        if points:
            panel.loglog(*zip(*front(points)), label=method, markersize=3.5, **styles[method])
    if floors[name] > 0:
        panel.axvline(floors[name], color="grey", linestyle=":", linewidth=0.8)
    panel.set_title(name, fontsize=10)
    panel.invert_xaxis()
for panel in axes.flat[len(cases):]:
    panel.set_axis_off()
for row in axes:
    row[0].set_ylabel("processor time, s")
for panel in axes.flat[max(0, len(cases) - columns):len(cases)]:
    panel.set_xlabel("largest relative error of the weights")
lines = {label: handle for panel in axes.flat for handle, label in zip(*panel.get_legend_handles_labels())}
# Below the panels: an inch is enough for the four rows that one panel leaves room for.
figure.get_layout_engine().set(rect=(0, 1 / figure.get_figheight(), 1, 1 - 1 / figure.get_figheight()))
figure.legend(lines.values(), lines.keys(), loc="lower center", ncol=3 * columns, fontsize=8, frameon=False)
figure.savefig(sys.argv[2])
