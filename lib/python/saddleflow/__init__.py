"""The gradient flow of homogeneous neural networks, from saddle to saddle.

    import saddleflow as sf
    run = sf.run({"network": {"layers": [2, 10, 1], "power": 2, "slope": 0.0}, "init": {"scale": 1e-3},
                  "flow": {"t_end": 1e4}}, X=X, y=y)
    run.events                      # what happens on the way, an xarray Dataset
    run.W(1, 500.0)                 # the first weight matrix at t = 500
    run.plot.loss()

A run is a file (HDF5, also netCDF-4); `Run` reads it, and `Sweep` the collected file of a sweep. See lib/python/README.md.
"""

from ._core import InputError, IoError, NumericalError, Problem, __version__
from .function import Function
from .run import Run, run
from .sweep import Sweep, open
from .tools import evaluate, kkt, limit, pursuit, report, saddles, skeleton

__all__ = ["Function", "InputError", "IoError", "NumericalError", "Problem", "Run", "Sweep", "__version__", "evaluate", "kkt",
           "limit", "open", "pursuit", "report", "run", "saddles", "skeleton"]
