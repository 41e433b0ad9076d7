"""Modular addition: predicted plateaus in the file and in the table of sf-flow, and those that the flow visits."""
import os

import h5py
import numpy as np

from tool import STUDIES, in_temporary_folder, succeed

STUDY = os.path.join(STUDIES, "modular-addition.toml")
ORDER, TEMPLATE = 7, np.array([1, 0.4, 0, 0, 0, 0, 0.4])


def predicted():
    """By numpy's transform: what is left of half the sum of squares of all pairs."""
    size = np.abs(np.fft.fft(TEMPLATE - TEMPLATE.mean()))[1:ORDER // 2 + 1]
    order = np.argsort(-size)
    left = ORDER * np.cumsum((size[order] ** 2)[::-1])[::-1]
    return order + 1, left, np.sqrt(2 * ORDER) * size[order] ** 3 / 3 ** 1.5


def learnt_frequencies(outputs):
    """How much of each frequency of the sum the outputs have, of what the targets have: along cos and sin of k (a + b)."""
    pairs = outputs.reshape(ORDER, ORDER, ORDER)  # b, a, output
    sums = np.array([np.mean([pairs[(c - a) % ORDER, a] for a in range(ORDER)], axis=0) for c in range(ORDER)])
    target = np.array([np.roll(TEMPLATE - TEMPLATE.mean(), c) for c in range(ORDER)])
    found, wanted = np.fft.fft(sums, axis=0), np.fft.fft(target, axis=0)
    return [np.real(np.vdot(wanted[k], found[k]) / np.vdot(wanted[k], wanted[k])) for k in range(1, ORDER // 2 + 1)]


def outputs_at(weights, inputs, hidden):
    first, second = weights[:2 * ORDER * hidden].reshape(2 * ORDER, hidden).T, weights[2 * ORDER * hidden:].reshape(hidden, ORDER).T
    return (inputs @ first.T) ** 2 @ second.T


def test():
    out = succeed(STUDY, "-o", "run.h5")
    frequencies, levels, values = predicted()
    with h5py.File("run.h5") as run:
        problem = run["problem"]
        assert np.allclose(problem["stage_loss"][:], levels, rtol=1e-13)
        assert np.allclose(problem["stage_correlation"][:], values, rtol=1e-13)
        assert np.array_equal(problem["stage_frequency"][:, 0], frequencies)
        # The correlation function, which falls short of L(0) by no more than this for |w| = 0.1, and its square.
        assert abs(run["loss"][0] - levels[0]) < 1.01 * values[0] * 0.1 ** 3
        visits, points, inputs = run["saddles/loss"][:], run["saddles/point"][:], problem["inputs"][:]
        hidden, final = run["neuron"].shape[0], run["loss"][-1]
    for stage, (frequency, level) in enumerate(zip(frequencies, levels)):
        if stage == 0:
            continue
        nearest = np.argmin(np.abs(visits - level))
        part = learnt_frequencies(outputs_at(points[nearest], inputs, hidden))
        print(f"stage {stage + 1}: predicted {level:.9f}, visit {nearest + 1} at {visits[nearest]:.9f}, learnt parts of the frequencies "
              f"1 to {ORDER // 2}: {np.round(part, 6)}")
        assert abs(visits[nearest] - level) < 1e-3 * levels[0]
        for k in range(1, ORDER // 2 + 1):
            assert abs(part[k - 1] - (k in frequencies[:stage])) < 1e-2, (k, part)
    print(f"final loss {final:.3e}")
    assert final < 1e-6 * levels[0]
    assert "loss predicted" in out and f"{levels[1]:.9g}" in out, out


in_temporary_folder(test)
