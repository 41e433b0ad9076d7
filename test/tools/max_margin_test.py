"""The late phase of linear classifiers against the hard-margin support vector machine, which SciPy solves independently: the
direction of -grad L, and how fast it comes there; and that of w itself, which comes there like 1/ln t only."""
import h5py
import numpy as np
from scipy.optimize import nnls

from tool import in_temporary_folder, succeed

SETS, T_END, RTOL = 20, 1e60, 1e-11


def separable_set(seed):
    """Rows y_i x_i of a set that some vector separates."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(2, 7))
    inputs = rng.normal(size=(int(rng.integers(d + 1, 30)), d))
    return inputs, np.sign(inputs @ rng.normal(size=d))


def largest_margin(rows):
    """w of: minimise |w|^2 / 2 under rows w >= 1; its multipliers; the exponent kappa of what is left along the support vectors,
    t^-kappa, the least rate of dw/d ln t = sum_i exp(ln t - m_i) y_i x_i at its fixed point; and of the others, t^-excess."""
    n, d = rows.shape
    a, _ = nnls(np.vstack([rows.T, np.ones(n)]), np.append(np.zeros(d), 1.0), maxiter=100 * n)
    w = rows.T @ a
    w /= (rows @ w).min()
    support = rows[a > 1e-9 * a.max()]
    multipliers, rest = nnls(support.T, w)
    assert rest < 1e-9 * np.linalg.norm(w), rest
    basis, _ = np.linalg.qr(support.T)
    inner = support @ basis
    kappa = np.linalg.eigvalsh((inner.T * multipliers) @ inner)[0]
    margins = np.sort(rows @ w)
    excess = margins[len(support)] - 1 if n > len(support) else np.inf
    return w, min(kappa, excess, 1.0)


def apart(v, w):
    return np.linalg.norm(v / np.linalg.norm(v) - w / np.linalg.norm(w))


def end_of_flow(inputs, labels, loss):
    study = (f'network.layers = [{inputs.shape[1]}, 1]\nnetwork.slope = 1.0\nnetwork.power = 1\ndata.inputs = "given"\n'
             f'data.targets = "given"\ndata.given.inputs = {inputs.tolist()}\ndata.given.targets = {labels[:, None].tolist()}\n'
             f'loss.kind = "{loss}"\ninit.scale = 1e-2\nflow.t_end = {T_END:e}\nflow.rtol = {RTOL}\n')
    with open("set.toml", "w", encoding="utf-8") as file:
        file.write(study)
    succeed("set.toml", "-o", "set.h5", "-q", "--force")
    with h5py.File("set.h5") as file:
        return file["weights"][-1]


def main():
    near, worst = 0, 0
    for seed in range(SETS):
        inputs, labels = separable_set(seed)
        rows = labels[:, None] * inputs
        best, exponent = largest_margin(rows)
        w = end_of_flow(inputs, labels, ("logistic", "exponential")[seed % 2])
        margins = rows @ w
        velocity = rows.T @ np.exp(margins.min() - margins)  # of both losses, where margins are large
        error = apart(velocity, best)
        # What the step errors do to the multipliers, which are exponentials of the margins; and what is left of the start.
        bound = 1e-6 + 30 * T_END**-exponent
        assert error < bound, (seed, error, bound)
        # w = ln t best + O(1).
        assert apart(w, best) < 10 / np.log(T_END), (seed, apart(w, best))
        near += error < 1e-6
        worst = max(worst, error / bound)
        print(f"set {seed}: -grad L is {error:.1e} off the largest margin, expected t^-{exponent:.3f} = {T_END**-exponent:.0e}; "
              f"w is {apart(w, best):.1e} off")
    print(f"{near} of {SETS} sets within 1e-6 at t = {T_END:g}; largest part of the bound {worst:.2f}")
    assert near >= 15, near


in_temporary_folder(main)
