"""Gradients, Hessian-vector products and Hessians by PyTorch beside those of the library: one thread, double precision.

Usage: torch_benchmark.py GRADIENT_BENCHMARK

It runs gradient-benchmark, and for each of its networks two programs of PyTorch: `autograd`, the loss as a user writes
it, differentiated by torch.autograd, and `by hand`, the passes forward and back written out in matrix products without
autograd. All times are the best of several loops. The square loss is a sum over samples, as in the library.

PyTorch is at its best: OpenBLAS often takes a kernel for an older processor, so the fastest of its kernels for a
product of two matrices is chosen first, and printed (OPENBLAS_CORETYPE).
"""
import csv
import os
import subprocess
import sys
import tempfile
import time

KERNELS = ["", "Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids"]
PRODUCT_SIZE = 256  # of the matrices by which a kernel is chosen


def best(function, least=0.05, repetitions=5):
    """Microseconds of one call."""
    function()
    calls = 1
    while True:
        began = time.perf_counter()
        for _ in range(calls):
            function()
        if time.perf_counter() - began > least / 4:
            break
        calls *= 2
    times = []
    for _ in range(repetitions):
        began = time.perf_counter()
        for _ in range(calls):
            function()
        times.append((time.perf_counter() - began) / calls)
    return 1e6 * min(times)


def product_speed():
    """GFlop/s of a product of two matrices, by a process of its own for each kernel."""
    import torch

    torch.set_num_threads(1)
    a, b = (torch.rand(PRODUCT_SIZE, PRODUCT_SIZE, dtype=torch.float64) for _ in range(2))
    speed = 2e-3 * PRODUCT_SIZE**3 / best(lambda: a @ b)
    with open("/proc/self/maps") as maps:
        if "openblas" not in maps.read():
            sys.exit("torch_benchmark: PyTorch has found another BLAS than OpenBLAS, expected OpenBLAS (tools/setup torch)")
    return speed


def fastest_kernel():
    """Its name and the GFlop/s of each that this processor can run."""
    speeds = {}
    for kernel in KERNELS:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        if kernel:
            environment["OPENBLAS_CORETYPE"] = kernel
        run = subprocess.run([sys.executable, __file__, "--product"], env=environment, capture_output=True, text=True)
        if run.returncode == 1:
            sys.exit(run.stderr.strip())
        if run.returncode == 0:  # a kernel for another processor ends with SIGILL
            speeds[kernel] = float(run.stdout)
    return max(speeds, key=speeds.get), speeds


class Passes:
    """The loss sum |H(x) - y|^2 / 2 of a network with sigma(s) = max(s, slope s)^power."""

    def __init__(self, sizes, samples, slope, power):
        import torch

        self.torch, self.slope, self.power = torch, slope, power
        generator = torch.Generator().manual_seed(1)
        rand = lambda *shape: 2 * torch.rand(*shape, dtype=torch.float64, generator=generator) - 1
        self.x, self.y = rand(sizes[0], samples), rand(sizes[-1], samples)
        self.weights = [rand(after, before) for before, after in zip(sizes, sizes[1:])]
        self.direction = [rand(*w.shape) for w in self.weights]

    def linear(self):
        return self.slope == 1 and self.power == 1

    def sigma(self, z):
        if self.linear():
            return z
        part = self.torch.relu(z) if self.slope == 0 else self.torch.nn.functional.leaky_relu(z, self.slope)
        return part**self.power

    def loss(self, weights):
        a = self.x
        for w in weights[:-1]:
            a = self.sigma(w @ a)
        return ((weights[-1] @ a - self.y) ** 2).sum() / 2

    def autograd(self):
        weights = [w.detach().requires_grad_() for w in self.weights]
        return self.torch.autograd.grad(self.loss(weights), weights)

    def product(self):
        weights = [w.detach().requires_grad_() for w in self.weights]
        gradient = self.torch.autograd.grad(self.loss(weights), weights, create_graph=True)
        along = sum((g * v).sum() for g, v in zip(gradient, self.direction))
        return self.torch.autograd.grad(along, weights)

    def hessian(self):
        shapes = [w.shape for w in self.weights]
        flat = self.torch.cat([w.flatten() for w in self.weights])

        def loss(flat):
            parts = self.torch.split(flat, [a * b for a, b in shapes])
            return self.loss([part.view(shape) for part, shape in zip(parts, shapes)])

        return self.torch.autograd.functional.hessian(loss, flat, vectorize=True)

    def by_hand(self):
        with self.torch.no_grad():
            values, slopes, a = [self.x], [], self.x
            for w in self.weights[:-1]:
                z = w @ a
                if self.linear():
                    slopes.append(None)
                    a = z
                else:
                    part = z.clamp(min=0) if self.slope == 0 else self.torch.where(z > 0, z, self.slope * z)
                    slopes.append(self.power * part if self.power == 2 else self.power * part ** (self.power - 1))
                    a = part * part if self.power == 2 else part**self.power
                values.append(a)
            delta = self.weights[-1] @ a - self.y
            gradient = [None] * len(self.weights)
            for layer in reversed(range(len(self.weights))):
                gradient[layer] = delta @ values[layer].T
                if layer > 0:
                    delta = self.weights[layer].T @ delta
                    if slopes[layer - 1] is not None:
                        delta *= slopes[layer - 1]
            return gradient

    def check(self):
        """Both programs have the same gradient."""
        apart = max((a - b).abs().max().item() for a, b in zip(self.autograd(), self.by_hand()))
        size = max(a.abs().max().item() for a in self.autograd())
        assert apart <= 1e-10 * size, f"the gradients are {apart / size:.1e} apart"


def main(program):
    kernel, speeds = fastest_kernel()
    print("products of matrices, GFlop/s: " + ", ".join(f"{k or 'chosen by OpenBLAS'} {v:.1f}" for k, v in speeds.items()))
    if kernel and os.environ.get("OPENBLAS_CORETYPE") != kernel:
        os.environ.update(OPENBLAS_CORETYPE=kernel, OMP_NUM_THREADS="1")
        os.execv(sys.executable, [sys.executable, __file__, program, "--chosen"])
    measure(program)


def measure(program):
    import torch

    torch.set_num_threads(1)
    kernel = os.environ.get("OPENBLAS_CORETYPE", "chosen by OpenBLAS")
    print(f"PyTorch {torch.__version__}, one thread, kernel {kernel}; microseconds, and PyTorch's over the library's\n")
    with tempfile.TemporaryDirectory() as folder:
        table = os.path.join(folder, "own.csv")
        subprocess.run([program, table], check=True, stdout=subprocess.DEVNULL)
        with open(table) as file:
            rows = list(csv.DictReader(file))
    print(f"{'network':<16}{'samples':>8}{'gradient':>10}{'autograd':>10}{'ratio':>7}{'by hand':>10}{'ratio':>7}"
          f"{'product':>10}{'autograd':>10}{'ratio':>7}{'Hessian':>11}{'autograd':>12}{'ratio':>7}")
    for row in rows:
        sizes = [int(size) for size in row["network"].split("-")]
        passes = Passes(sizes, int(row["samples"]), float(row["slope"]), int(row["power"]))
        passes.check()
        own = {name: float(row[f"{name}_us"]) for name in ("gradient", "product", "hessian")}
        auto, hand, product = best(passes.autograd), best(passes.by_hand), best(passes.product)
        line = (f"{row['network']:<16}{row['samples']:>8}{own['gradient']:>10.2f}{auto:>10.1f}{auto / own['gradient']:>7.1f}"
                f"{hand:>10.1f}{hand / own['gradient']:>7.1f}"
                f"{own['product']:>10.2f}{product:>10.1f}{product / own['product']:>7.1f}")
        # The Hessian of a large network by autograd takes gigabytes.
        if sum(w.numel() for w in passes.weights) <= 1000:
            hessian = best(passes.hessian, least=0.2, repetitions=3)
            line += f"{own['hessian']:>11.1f}{hessian:>12.0f}{hessian / own['hessian']:>7.0f}"
        print(line, flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--product"]:
        print(product_speed())
    elif len(sys.argv) == 3 and sys.argv[2] == "--chosen":
        measure(sys.argv[1])
    elif len(sys.argv) == 2:
        main(sys.argv[1])
    else:
        sys.exit(__doc__)
