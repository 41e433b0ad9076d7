"""Collected files of sf-sweep made of given arrays, for the tests of what reads them (output/README.md has the format)."""
import itertools

import h5py
import numpy as np

STATES = ("missing", "running", "unfinished", "finished", "failed")
MISSING, RUNNING, UNFINISHED, FINISHED, FAILED = range(5)
COUNTERS = {"gradients": "gradients", "hessian_vectors": "Hessian-vector products", "steps_accepted": "accepted steps",
            "balance_drift": "worst balance drift", "wall_seconds": "wall time in seconds"}


class Writer:
    """Datasets with the attributes and dimension scales that the collected file has."""

    def __init__(self, file):
        self.file = file

    def add(self, name, values, axes=None, text=False, **attributes):
        kind = h5py.string_dtype() if text else "i1" if name == "state" else "f8"
        data = self.file.create_dataset(name, data=np.array(values, dtype=object if text else float).astype(kind), dtype=kind)
        for key, value in {"long_name": name.replace("_", " "), "units": "1", **attributes}.items():
            data.attrs[key] = value
        if axes is None:
            data.make_scale(name)
        else:
            for k, axis in enumerate(axes):
                data.dims[k].attach_scale(self.file[axis])


def padded(rows, width=None):
    """Rows of different lengths as one table, NaN after their ends."""
    width = max((len(row) for row in rows), default=0) if width is None else width
    table = np.full((len(rows), width), np.nan)
    for k, row in enumerate(rows):
        table[k, :len(row)] = row
    return table


def write_sweep(path, columns, names, states, scalars, visits, jumps, curve_time, curves, lists=None, messages=None, stops=None, title="a sweep",
                sweep='study = "toy.toml"\n[axes]\n', study="[network]\nlayers = [2, 8, 1]\n"):
    """columns: name -> (key, role, values). visits: name -> rows of different lengths; jumps: such rows. scalars, curves: name -> values.
    lists: name -> (axis, table). Without curve_time there are no curves."""
    count = len(names)
    with h5py.File(path, "w", track_order=True) as file:
        for key, value in {"Conventions": "CF-1.8", "title": title, "history": "2026-01-01T00:00:00Z sf-sweep --collect", "sweep_format": "1.0",
                           "tool": "sf-flow", "sweep": sweep, "study": study}.items():
            file.attrs[key] = value
        out = Writer(file)
        out.add("run", 1 + np.arange(count))
        out.add("name", names, ["run"], text=True)
        out.add("state", states, ["run"], flag_values=np.arange(5, dtype="i1"), flag_meanings=" ".join(STATES))
        out.add("message", messages or [""] * count, ["run"], text=True)
        out.add("stop_reason", stops or [("" if s == MISSING else "reached_end") for s in states], ["run"], text=True)
        for name, (key, role, values) in columns.items():
            out.add(name, values, ["run"], text=isinstance(values[0], str), key=key, role=role)
        for name, values in scalars.items():
            out.add(name, values, ["run"], long_name=COUNTERS.get(name, name.replace("_", " ")))
        tables = {name: padded(rows) for name, rows in visits.items()}
        if tables and next(iter(tables.values())).shape[1]:
            out.add("visit", 1 + np.arange(next(iter(tables.values())).shape[1]))
            for name, table in tables.items():
                out.add(name, table, ["run", "visit"])
        if jumps and padded(jumps).shape[1]:
            out.add("jump", 1 + np.arange(padded(jumps).shape[1]))
            out.add("jump_time", padded(jumps), ["run", "jump"])
        for name, (axis, values) in (lists or {}).items():
            out.add(axis, 1 + np.arange(np.shape(values)[1]))
            out.add(name, values, ["run", axis])
        if curve_time is None:
            return
        out.add("curve_time", curve_time)
        for name, values in curves.items():
            out.add(name, values, ["run", "curve_time"])


def staircase(times, jumps, levels):
    """A loss that falls from each level to the next at the jumps, smooth on log time."""
    loss = np.full(len(times), levels[0])
    for jump, before, after in zip(jumps, levels, levels[1:]):
        loss += (after - before) / (1 + (jump / times) ** 8)
    return loss


def example(path, scales=(1e-4, 1e-3, 1e-2, 1e-1), layers=("[2, 4, 1]", "[2, 8, 1]", "[2, 16, 1]"), seeds=5, times=160, **given):
    """A sweep over scale x layers x seed with laws of its own: escape at about 3 / scale, one visit or jump more for every
    doubling of the width. Returns what it has written. Four of its runs are missing, running, unfinished, failed."""
    random = np.random.default_rng(5)
    runs = list(itertools.product(scales, layers, range(1, seeds + 1)))
    count = len(runs)
    states = np.full(count, FINISHED)
    for place, state in ((6, MISSING), (22, FAILED), (30, UNFINISHED), (39, RUNNING)):
        if place < count:
            states[place] = state
    there, done = states != MISSING, states == FINISHED
    scale = np.array([run[0] for run in runs])
    end = np.where(done, 30 / scale, 12 / scale)
    escape = 3 / scale ** 1.05 * np.exp(0.15 * random.normal(size=count))
    curve_time = np.geomspace(1, 30 / min(scales), times)
    rows = {name: [] for name in ("loss", "time", "enter", "leave", "depth")}
    jumps, losses, norms = [], [], []
    for k, (_, shape, _) in enumerate(runs):
        visited = 1 + layers.index(shape)
        levels = [1.0] + [0.4 ** (m + 1) * np.exp(0.1 * random.normal()) for m in range(visited)] + [1e-3 * np.exp(random.normal())]
        moments = escape[k] * (1 + 1.5 * np.arange(visited + 1))
        loss = staircase(curve_time, moments, levels)
        past = curve_time > (end[k] if there[k] else 0)
        losses.append(np.where(past, np.nan, loss))
        norms.append(np.where(past, np.nan, 2 - loss))
        visible = visited if there[k] else 0
        jumps.append(moments[:visible])
        rows["loss"].append(levels[1:1 + visible])
        for name, share in (("enter", 1.2), ("time", 1.6), ("leave", 2.2)):
            rows[name].append((moments[:visited] * share)[:visible])
        rows["depth"].append([float(m > 1) for m in range(visible)])
    known = lambda values: np.where(there, values, np.nan)
    last = np.array([row[~np.isnan(row)][-1] if np.isfinite(row).any() else np.nan for row in losses])
    scalars = {"final_time": known(end), "final_loss": last, "final_weight_norm": 2 - last, "test_loss": np.full(count, np.nan),
               "test_error": np.full(count, np.nan), "escape_time": known(escape), "visit_count": known([len(row) for row in rows["loss"]]),
               "jump_count": known([len(row) for row in jumps])}
    scalars |= {name: known(np.round(1000 * np.exp(random.normal(size=count)), 1)) for name in COUNTERS}
    columns = {"init_scale": ("init.scale", "axis", [float(run[0]) for run in runs]),
               "network_layers": ("network.layers", "axis", [run[1] for run in runs]),
               "init_seed": ("init.seed", "seed", [float(run[2]) for run in runs]),
               "flow_t_end": ("flow.t_end", "value", list(30 / scale))}
    names = [f"scale={run[0]:g}_layers={run[1].strip('[]').replace(', ', '-')}_seed={run[2]}" for run in runs]
    messages = ["step size underflow at t = 12 <b>&" if state == FAILED else "" for state in states]
    stops = [{MISSING: "", RUNNING: "running", UNFINISHED: "interrupted", FAILED: "step_underflow"}.get(state, "reached_end") for state in states]
    widths = np.array([[float(layers.index(run[1]) + 1), 1.0] for run in runs])
    widths[~there] = np.nan
    written = {"lists": {"final_effective_width": ("hidden_layer", widths)}, "columns": columns, "names": names, "states": states, "scalars": scalars,
               "visits": {f"visit_{name}": values for name, values in rows.items()}, "jumps": jumps, "curve_time": curve_time,
               "curves": {"loss_curve": np.array(losses), "weight_norm_curve": np.array(norms), "test_loss_curve": np.full((count, times), np.nan)},
               "messages": messages, "stops": stops, "title": "escape from small starts", **given}
    write_sweep(path, **written)
    return written
