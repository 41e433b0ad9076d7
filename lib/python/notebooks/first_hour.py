# %% [markdown]
# # An hour with data of your own
#
# The script of the same name in `tools/README.md`, in twenty lines of Python. The files are those of the tools: a page that
# is written here opens in a browser, a run in `sf-report`, the tables in any spreadsheet.

# %%
import matplotlib.pyplot as plt
import numpy as np
import saddleflow as sf

# %% [markdown]
# Data: one sample a line under the header x1,...,xd,y. Here noisy values of two neurons.

# %%
random = np.random.default_rng(1)
x = random.uniform(-1, 1, (60, 2))
y = np.maximum(x @ [1, 0.5], 0) ** 2 - 0.7 * np.maximum(-x[:, 1], 0) ** 2 + 0.02 * random.normal(size=60)
np.savetxt("mine.csv", np.column_stack([x, y]), delimiter=",", header="x1,x2,y", comments="")

# %% [markdown]
# A study: two inputs, ten squared ReLUs, one output; a quarter of the samples are the test set. Five seeds of the initial
# weights, on one page; the tables of one run as CSV for plots of your own.

# %%
study = {"title": "my data", "network": {"layers": [2, 10, 1], "slope": 0.0, "power": 2}, "init": {"scale": 1e-3},
         "data": {"file": "mine.csv", "test_fraction": 0.25}, "flow": {"t_end": 1e4}}
runs = [sf.run(study, file=f"mine-{seed}.h5", overwrite=True, init_seed=seed) for seed in range(1, 6)]
sf.report(runs, "mine.html", overwrite=True)
runs[0].to_csv("mine-1", overwrite=True)

# %% [markdown]
# The saddles that they visited, and where the ways down from them lead. Then a start at distance 1e-3 of the second critical
# point of that table, along its first way down.

# %%
points = sf.saddles(runs, file="mine-saddles.h5", connect=True, overwrite=True)
sf.report(points, "mine-saddles.html", overwrite=True)
beside = sf.run(from_saddle=(points, 2), along=1, perturb=1e-3, file="beside.h5", overwrite=True)

# %% [markdown]
# What the network computes on a grid: at the first saddle, in the jump, and at the end.

# %%
grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, 21)] * 2), axis=-1).reshape(-1, 2)
figure, panels = plt.subplots(1, 3, figsize=(10, 3), layout="constrained")
for panel, t in zip(panels, (500, 785, 1e4)):
    panel.tricontourf(*grid.T, runs[0].predict(grid, t)[:, 0], levels=20, vmin=-0.7, vmax=2.3)
    panel.set_title(f"t = {t:g}")
