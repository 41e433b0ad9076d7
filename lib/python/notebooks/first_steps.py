# %% [markdown]
# # First steps
#
# From data of your own to the saddles of five runs, and to what the network computes between them: the hour of
# `tools/README.md` in Python.

# %%
import matplotlib.pyplot as plt
import numpy as np

import saddleflow as sf

random = np.random.default_rng(1)
X = random.uniform(-1, 1, (60, 2))
y = np.maximum(X @ [1, 0.5], 0) ** 2 - 0.7 * np.maximum(-X[:, 1], 0) ** 2 + 0.02 * random.normal(size=60)

# %% [markdown]
# Ten squared ReLUs, weights of norm 1e-3 at the start, five seeds.

# %%
study = {"network": {"layers": [2, 10, 1], "slope": 0.0, "power": 2}, "init": {"scale": 1e-3}, "flow": {"t_end": 1e4}}
runs = [sf.run(study, X, y, progress=False, init_seed=seed) for seed in range(1, 6)]
axes = runs[0].plot.loss(label="seed 1")
for seed, run in enumerate(runs[1:], 2):
    run.plot.loss(axes, events=False, label=f"seed {seed}")
axes.set_xlim(0, 1500)
axes.legend()

# %% [markdown]
# The saddles that they visited: two plateaus each, one neuron more on each of them.

# %%
points = sf.saddles(runs)
print(points.catalogue[["loss", "index_negative", "active_neurons"]].to_dataframe())

# %% [markdown]
# What the first network computes on the first plateau, in the jump, and at the end.

# %%
line = np.linspace(-1, 1, 21)
grid = np.array([(a, b) for b in line for a in line])
figure, panels = plt.subplots(1, 3, figsize=(10, 3), layout="constrained")
for panel, t in zip(panels, (500, 785, 1e4)):
    panel.tricontourf(*grid.T, runs[0].predict(grid, t)[:, 0], levels=20)
    panel.set_title(f"t = {t:g}")

# %% [markdown]
# Its weights there, and the curvature of the loss.

# %%
print(runs[0].W(1, 500.0).round(4))
print(runs[0].eigenvalues(500.0, 3))
