# %% [markdown]
# # Early directional convergence in the plane
#
# Near the origin the weights hardly grow while they turn. Each neuron's direction goes to a KKT point of the correlation
# function N(u) = <-l'(0), H(u)> on the sphere. With two inputs all of it can be seen.

# %%
import matplotlib.pyplot as plt
import numpy as np

import saddleflow as sf

random = np.random.default_rng(5)
X = random.normal(size=(25, 2))
y = np.maximum(X[:, 0], 0) - 0.6 * np.maximum(X @ [-0.6, 0.8], 0)
study = {"network": {"layers": [2, 24, 1], "slope": 0.0, "power": 1}, "init": {"scale": 1e-6}, "flow": {"t_end": 10.0}}
run = sf.run(study, X, y, progress=False, output_weights="all")

# %% [markdown]
# N of one neuron is its outgoing weight times the sum over the samples of y max(0, u . x). As a function of the angle of u
# it has a few extrema, the KKT points: neurons with positive outgoing weight climb to a maximum, others descend to a
# minimum. Below, the angles of all neurons until the loss has begun to fall; neurons that no sample activates stay.

# %%
angles = np.linspace(-np.pi, np.pi, 2001)
circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
height = np.maximum(circle @ X.T, 0) @ y
figure, (top, bottom) = plt.subplots(2, 1, figsize=(7, 6), sharex=True, layout="constrained")
top.plot(angles, height)
top.set(ylabel="sum of y max(0, u . x)")

escape = float(run.events["event_time"][0])
snapshots = run.table["snapshot_time"].values
before = snapshots[snapshots < escape]
paths = np.array([np.arctan2(*run.W(1, t).T[::-1]) for t in before])
turned = np.abs(np.diff(paths, axis=0, prepend=paths[:1])) > 3  # from pi to -pi
bottom.plot(np.where(turned, np.nan, paths), before, lw=0.8)
bottom.set(xlabel="angle of a neuron's incoming weights", ylabel="flow time until the escape")

# %% [markdown]
# At the escape the largest neuron stands at a KKT point. `sf.kkt` finds these points, and which one the run went to.

# %%
found = sf.kkt(run)
print(found.group("kkt")["value"].values)
t = before[-1]
largest = int(np.argmax(run.neurons(t)[0]))
u = run.W(1, t)[largest] / np.linalg.norm(run.W(1, t)[largest])
slope = ((X @ u > 0) * y) @ X
sine = abs(slope[0] * u[1] - slope[1] * u[0]) / np.linalg.norm(slope)
print(f"sine between the largest neuron and the gradient there: {sine:.1e}")
assert sine < 0.05

# %% [markdown]
# The smaller the start, the nearer the direction of all weights comes to a KKT point before the loss falls: the run records
# the sine of the angle between w and the gradient.

# %%
for scale in (1e-1, 1e-2, 1e-4, 1e-8):
    small = sf.run(study, X, y, progress=False, init_scale=scale)
    early = small.table["kkt_residual"].where(small.time < float(small.events["event_time"][0]))
    print(f"start {scale:g}: sine down to {float(early.min()):.1e}")
