# %% [markdown]
# # Saddle to saddle, against the skeleton
#
# As the norm delta of the start goes to zero, the flow becomes a sequence of jumps between saddles, at times that have a
# limit in slow time (t delta for a network of degree 3). `sf.skeleton` computes this limit directly, and the flows beside it.

# %%
import matplotlib.pyplot as plt
import numpy as np

import saddleflow as sf

study = {"title": "squared ReLU", "network": {"layers": [5, 10, 1], "slope": 0.0, "power": 2},
         "data": {"inputs": "sphere", "samples": 60, "targets": "teacher", "teacher": {"hidden": [2]}},
         "init": {"scale": 1e-3}, "flow": {"t_end": 1e4}}
deltas = [1e-1, 1e-2, 1e-3]
limit = sf.skeleton(study, flows=deltas)
jumps = limit.group("skeleton")
print(jumps[["time", "loss", "kind_name"]].to_dataframe())

# %% [markdown]
# The loss of the limit is a staircase; the flows come to it as delta goes to zero.

# %%
losses = limit.group("flow_loss")
figure, axes = plt.subplots(layout="constrained")
for k, delta in enumerate(deltas):
    of_flow = losses.isel(row=np.flatnonzero(losses["sequence"].values == k))
    axes.plot(of_flow["time"], of_flow["loss"], label=f"flow from {delta:g}")
times = np.concatenate([[0], jumps["time"].values, [2 * jumps["time"].values[-1]]])
levels = np.concatenate([jumps["loss_before"].values[:1], jumps["loss"].values])
axes.stairs(levels, times, baseline=None, color="black", label="skeleton")
axes.set(xlabel="slow time t delta", ylabel="loss", xlim=(0, 1.5 * times[-2]))
axes.legend()

# %% [markdown]
# The times of the flows' jumps differ from those of the limit in proportion to delta.

# %%
matches = limit.group("matches")
first = {int(s): float(d) for s, j, d in zip(matches["sequence"], matches["jump"], matches["time_difference"]) if int(j) == 0}
for k, delta in enumerate(deltas):
    print(f"flow from {delta:g}: first jump off by {first.get(k, float('nan')):+.1e}")
assert abs(first[2]) < 0.2 * abs(first[1])
