"""Functions of one's own: the path, the visits and the saddles of a network that NumPy evaluates are those of the built-in one."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from conftest import STUDY, samples

import saddleflow as sf

X, Y = samples()
NEURONS = [[k, 6 + k, 12 + k] for k in range(6)]
SIZE, RTOL, T_END = 18, 1e-8, 300.0


def value(w):
    hidden, outer = w[:12].reshape(6, 2, order="F"), w[12:]
    return 0.5 * np.sum((np.maximum(X @ hidden.T, 0) ** 2 @ outer - Y) ** 2)


def gradient(w):
    hidden, outer = w[:12].reshape(6, 2, order="F"), w[12:]
    z = np.maximum(X @ hidden.T, 0)
    error = z**2 @ outer - Y
    return np.concatenate([(2 * (error[:, None] * outer * z).T @ X).ravel(order="F"), z.T**2 @ error])


def hessian_vector(w, v):
    hidden, outer, v_hidden, v_outer = w[:12].reshape(6, 2, order="F"), w[12:], v[:12].reshape(6, 2, order="F"), v[12:]
    pre = X @ hidden.T
    z, dz = np.maximum(pre, 0), (pre > 0) * (X @ v_hidden.T)
    error, derror = z**2 @ outer - Y, 2 * (z * dz) @ outer + z**2 @ v_outer
    inner = derror[:, None] * outer * z + error[:, None] * (v_outer * z + outer * dz)
    return np.concatenate([(2 * inner.T @ X).ravel(order="F"), z.T**2 @ derror + 2 * (z * dz).T @ error])


def function(**changes):
    return sf.Function(**{"value": value, "gradient": gradient, "size": SIZE, "hessian_vector": hessian_vector, "neurons": NEURONS,
                          "degree": 3, **changes})


def flow(f, w0, **keys):
    with np.errstate(all="ignore"):  # of steps that are tried too far away
        return sf.run(f, w0=w0, progress=False, **{"flow_t_end": T_END, "flow_rtol": RTOL, **keys})


@pytest.fixture(scope="module")
def built_in(data):
    return sf.run({**STUDY, "flow": {"t_end": T_END, "rtol": RTOL, "chart": "cartesian"}}, *data, progress=False)


@pytest.fixture(scope="module")
def own(built_in):
    return flow(function(), built_in.weights(0.0))


def test_same_path_as_the_built_in_network(built_in, own):
    times = np.concatenate([np.linspace(0, 20, 21), np.linspace(25, T_END, 12)])
    with np.errstate(all="ignore"):
        for t in times:
            own.weights(t)
    errors = [np.linalg.norm(own.weights(t) - built_in.weights(t)) / np.linalg.norm(built_in.weights(t)) for t in times]
    print(f"largest difference of the paths: {max(errors) / RTOL:.2g} rtol")
    assert max(errors) <= 10 * RTOL
    assert own.stop_reason == "reached_end" and own.function.size == SIZE


def test_the_run_knows_the_function(built_in, own):
    w = own.weights(120.0)
    assert np.array_equal(own.gradient(120.0), gradient(w)) and own.problem.value(w) == value(w)
    assert np.allclose(own.hessian(120.0), built_in.problem.hessian(w), rtol=1e-12, atol=1e-12)
    v = np.random.default_rng(2).normal(size=SIZE)
    assert np.allclose(own.hessian_operator(120.0) @ v, hessian_vector(w, v), rtol=1e-13)
    assert len(own.eigenvalues(120.0, 3)) == 6
    norms = own.neurons(120.0)[0]
    assert np.allclose(norms, built_in.neurons(120.0)[0], rtol=1e-6)
    assert np.allclose(own.table["neuron_norm"][-1], built_in.table["neuron_norm"][-1], rtol=1e-6)
    assert own.table.attrs["title"] == "function"
    again = sf.open(own.path, function=own.function)
    assert np.array_equal(again.gradient(120.0), own.gradient(120.0))


def visits(run):
    v = run.saddles
    return [(str(depth), float(loss), float(t)) for depth, loss, t in zip(v["depth_name"].values, v["loss"].values, v["enter_time"].values)]


def studies():
    """Square losses: README's main study, deep plateaus of a square activation, shallow ones of a linear network."""
    main = {"network": {"layers": [10, 20, 1], "slope": 0.0, "power": 2}, "init": {"scale": 1e-3},
            "data": {"inputs": "sphere", "samples": 100, "teacher": {"hidden": [3]}}, "flow": {"t_end": 3e4}}
    square = {"network": {"layers": [5, 6, 1], "slope": -1.0, "power": 2}, "init": {"scale": 1e-3, "seed": 2},
              "data": {"inputs": "gaussian", "samples": 60, "seed": 3, "teacher": {"hidden": [3]}}, "flow": {"t_end": 2e3}}
    linear = {"network": {"layers": [6, 8, 3], "slope": 1.0, "power": 1}, "init": {"scale": 1e-3, "seed": 2},
              "data": {"inputs": "gaussian", "samples": 40, "targets": "linear", "linear": {"matrix": np.diag([3.0, 2, 1, 0, 0, 0])[:3]}},
              "flow": {"t_end": 20.0}}
    return [pytest.param(main, 3, id="main"), pytest.param(square, 3, id="square"), pytest.param(linear, 3, id="linear")]


@pytest.mark.parametrize("study, count", studies())
def test_visits_are_those_of_the_built_in_problem(study, count):
    network = sf.run({**study, "flow": {**study["flow"], "chart": "cartesian"}}, progress=False)
    p = network.problem
    for degree in (p.degree, None):
        f = sf.Function(p.value, p.gradient, p.size, hessian_vector=p.hessian_vector, hessian=p.hessian, degree=degree)
        mine = visits(flow(f, network.weights(0.0), flow_t_end=study["flow"]["t_end"]))
        theirs = visits(network)
        assert len(theirs) == count
        if degree is None:  # the origin is a critical point like any other, and a plateau with r up to a third dips less
            assert mine[0][2] == 0.0 and mine[0][0] == "close"
            mine, theirs = ([v for v in which[skipped:] if v[0] == "close"] for which, skipped in ((mine, 1), (theirs, 0)))
        assert [v[0] for v in mine] == [v[0] for v in theirs]
        for (_, loss, enter), (_, other_loss, other_enter) in zip(mine, theirs):
            assert abs(enter / other_enter - 1) < (2e-3 if degree is None else 1e-3)
            if other_loss > 1e-10:
                assert abs(loss / other_loss - 1) < 1e-5


def test_proximity_of_a_square_loss_is_that_of_the_network(built_in, own):
    """Once the loss has fallen; nearer to the origin, where h is not known, it is larger."""
    losses = built_in.loss.values / float(built_in.loss[0])
    times = built_in.time.values[(losses < 0.95) & (losses > 1e-3)]
    assert len(times) > 50
    for t in times[::7]:
        theirs = np.interp(t, built_in.time, np.log(built_in.table["proximity"]))
        mine = np.interp(t, own.time, np.log(own.table["proximity"]))
        assert abs(mine - theirs) < 0.05
    assert 0.5 < float(own.table["proximity"][0]) < 1000


@pytest.mark.parametrize("products", [True, False], ids=["products", "differences"])
def test_saddles_are_those_of_the_built_in_problem(built_in, products):
    f = function() if products else function(hessian_vector=None)
    mine = flow(f, built_in.weights(0.0))
    with np.errstate(all="ignore"):
        found = sf.saddles(mine)
    theirs = sf.saddles(built_in)
    def zeros(run):
        return run.catalogue["index_zero_explained"] + run.catalogue["index_zero_unexplained"]

    assert np.array_equal(zeros(found), zeros(theirs))
    for name in ("index_negative", "index_positive", "explained_zero_neurons"):
        assert found.catalogue[name].values.tolist() == theirs.catalogue[name].values.tolist(), name
    # The second one is a saddle by the third order of its zero neurons, which nothing but the network tells.
    assert theirs.catalogue["kind_name"].values.tolist() == ["origin", "saddle", "minimum"]
    assert found.catalogue["kind_name"].values.tolist() == ["origin", "minimum", "minimum"]
    assert np.allclose(found.catalogue["loss"], theirs.catalogue["loss"], rtol=1e-9, atol=1e-12)
    assert np.array_equal(found.saddles["critical_point"], theirs.saddles["critical_point"])
    assert found.function is f
    # And a start beside one of them.
    beside = flow(None, None, from_saddle=(found, 2), perturb=1e-2, flow_t_end=1e4)
    assert abs(np.linalg.norm(beside.weights(0.0) - found.catalogue["point"].values[1]) - 1e-2) < 1e-9
    assert float(beside.loss[-1]) < 1e-6 < float(beside.loss[0])


def test_overhead_of_a_gradient(own):
    """Printed, and in lib/python/README.md; the bound is for machines that do something else besides."""
    w, count = own.weights(100.0), 4000
    nothing = np.zeros(SIZE)
    plain = flow(sf.Function(lambda w: 1.0, lambda w: nothing, SIZE), w, flow_t_end=1.0).problem
    both = flow(sf.Function(value_and_gradient=lambda w: (1.0, nothing), size=SIZE), w, flow_t_end=1.0).problem

    def best(problem):
        return 1e6 * min(problem.seconds_per_gradient(w, count) for _ in range(5))

    start = time.perf_counter()
    for _ in range(count // 4):
        value(w), gradient(w)
    callables = 1e6 * (time.perf_counter() - start) / (count // 4)
    print(f"a gradient with its value: {best(own.problem):.1f} us, the callables alone {callables:.1f} us; callables that do nothing: "
          f"{best(plain):.1f} us, as one callable {best(both):.1f} us")
    assert best(both) < 100


def test_resumed_and_continued(built_in, tmp_path):
    file = tmp_path / "own.h5"
    first = flow(function(), built_in.weights(0.0), flow_t_end=50.0, file=file)
    ended = float(first.time[-1])
    longer = flow(function(), built_in.weights(0.0), file=file, resume=True)
    assert ended == 50.0 and float(longer.time[-1]) == T_END
    with pytest.raises(sf.InputError, match="init.weights"):
        flow(function(), 2 * built_in.weights(0.0), file=file, resume=True)


def test_drawn_start_and_value_and_gradient():
    f = sf.Function(value_and_gradient=lambda w: (value(w), gradient(w)), size=SIZE, degree=3)
    run = flow(f, None, init_scale=0.5, init_seed=4, flow_t_end=20.0)
    assert abs(np.linalg.norm(run.weights(0.0)) - 0.5) < 1e-15
    assert float(run.loss[-1]) < float(run.loss[0])


class Foreign:
    """An array of somebody else's, such as JAX's: NumPy can make its own of it."""

    def __init__(self, content):
        self.content = np.asarray(content)
        self.content.setflags(write=False)

    def __array__(self, dtype=None, copy=None):
        return self.content if dtype is None else self.content.astype(dtype)


def test_arrays_of_other_libraries(built_in, own):
    f = function(value=lambda w: Foreign(value(w)), gradient=lambda w: Foreign(gradient(w)),
                 hessian_vector=lambda w, v: Foreign(hessian_vector(w, v)))
    assert np.array_equal(flow(f, built_in.weights(0.0)).loss, own.loss)


def test_unknown_kinks_are_watched(built_in, capfd):
    flow(function(smooth=False, neurons=None), built_in.weights(0.0), flow_t_end=1.0)
    assert "kinks" in capfd.readouterr().err


@pytest.mark.parametrize("changes, message", [
    ({"gradient": None}, "gradient: found none"),
    ({"value": None}, "value: found none"),
    ({"gradient": 3}, "gradient: found int"),
    ({"size": 0}, "size: found 0"),
    ({"neurons": [[99]]}, "neuron 0: found weight 99"),
    ({"neurons": [[0], [0]]}, "second time"),
    ({"infimum": 1e9}, "reference"),
    ({"value": lambda w: 1 / 0}, "w = 0: ZeroDivisionError"),
    ({"reference": 2.0}, "beside degree"),
])
def test_a_function_that_does_not_fit(changes, message):
    with pytest.raises(sf.InputError, match=message):
        function(**changes)


@pytest.mark.parametrize("changes, message", [
    ({"gradient": lambda w: np.zeros((SIZE, 1))}, r"gradient: failed at w0: ValueError: .*\(18, 1\), expected \(18,\)"),
    ({"gradient": lambda w: np.zeros(SIZE, np.float32)}, "float32.*jax_enable_x64"),
    ({"gradient": lambda w: None}, "gradient: failed"),
    ({"gradient": lambda w: "a text"}, "gradient: failed"),
    ({"gradient": lambda w: np.full(SIZE, np.nan)}, "gradient: found a number that is not finite"),
    ({"hessian_vector": lambda w, v: np.zeros(3)}, r"hessian_vector: .*\(3,\)"),
    ({"hessian": lambda w: np.zeros(SIZE)}, r"hessian: .*expected \(18, 18\)"),
    ({"value_and_gradient": lambda w: 1.0}, "expected a tuple"),
])
def test_callables_are_tried_at_the_start(changes, message):
    with pytest.raises(sf.InputError, match=message):
        flow(function(**changes), np.ones(SIZE))


def test_starts_that_do_not_fit(own, data):
    for w0, message in ((np.ones(5), "found 5 weights, expected the 18"), (np.full(SIZE, np.inf), "not finite")):
        with pytest.raises(sf.InputError, match=message):
            flow(own.function, w0)
    for keys, message in (({"X": data[0]}, "X, y"), ({"network_power": 1}, "network_power"), ({"flow_chart": "polar"}, "homogeneous")):
        with pytest.raises(sf.InputError, match=message):
            flow(own.function, np.ones(SIZE), **keys)
    with pytest.raises(sf.InputError, match="w0: found with a study"):
        sf.run(STUDY, *data, w0=np.ones(SIZE))


def after(calls, then):
    """A gradient that is right so many times."""
    count = []

    def changed(w):
        count.append(1)
        return gradient(w) if len(count) < calls else then(w)

    return changed


def raising(w):
    raise ZeroDivisionError("enough")


@pytest.mark.parametrize("then, stop, cause", [
    (raising, "function_error", ZeroDivisionError),
    (lambda w: np.ones(3), "function_error", ValueError),
    (lambda w: np.full(SIZE, np.nan), "nonfinite", None),
    (lambda w: 1.01 * gradient(w), "energy_drift", None),
    (lambda w: -gradient(w), "loss_rise", None),
])
def test_a_callable_that_fails_on_the_way(built_in, then, stop, cause):
    with pytest.raises(sf.NumericalError, match=stop) as caught:
        flow(function(gradient=after(200, then)), built_in.weights(0.0))
    run = caught.value.run
    assert run.stop_reason == stop
    assert type(caught.value.__cause__) is (cause or type(None))
    assert len(run.time) > 5 and np.isfinite(run.loss).all() and len(run.events["event_time"]) >= 1
    if cause is ZeroDivisionError:
        assert "enough" in run.summary["stop_message"] and "test_function.py" in run.summary["stop_message"]


def test_a_callable_that_fails_beside_the_flow(own):
    broken = sf.open(own.path, function=function(hessian_vector=lambda w, v: 1 / 0))
    for work in (lambda: broken.hessian(3.0), lambda: sf.saddles(broken)):
        with pytest.raises(sf.NumericalError, match="hessian_vector") as caught:
            work()
        assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_control_c_and_interrupts_of_a_callable(built_in, tmp_path):
    def slow(w):
        time.sleep(0.002)
        return gradient(w)

    threading.Timer(0.7, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        flow(function(gradient=slow), built_in.weights(0.0), file=tmp_path / "own.h5", flow_t_end=1e6)
    assert time.monotonic() - start < 10
    assert sf.open(tmp_path / "own.h5").stop_reason == "interrupted"


def test_what_a_function_does_not_have_is_refused(own):
    other = function(value=lambda w: 2 * value(w), gradient=lambda w: 2 * gradient(w))
    for work, message in ((lambda: sf.kkt(own), "homogeneous"), (lambda: sf.limit(own), "homogeneous"),
                          (lambda: own.predict([[1.0, 1.0]], 1.0), "homogeneous"), (lambda: sf.open(own.path).problem, "function="),
                          (lambda: sf.open(own.path, function=other), "another one"),
                          (lambda: sf.saddles([own, sf.open(own.path, function=function())]), "several functions"),
                          (lambda: sf.run({"network": {"layers": [2, 2, 1]}, "loss": {"kind": "function"}}, progress=False), "another one"),
                          (lambda: flow(own.function, np.ones(SIZE), **{"events.escape.by": ["direction"]}), "events.escape.by")):
        with pytest.raises(sf.InputError, match=message):
            work()


def test_a_function_without_origin():
    """A double well in each of two coordinates, around (3, 0): a saddle, where nothing is known of w = 0."""
    def well(w):
        u = w - np.array([3.0, 0.0])
        return 0.25 * np.sum((u**2 - 1) ** 2)

    f = sf.Function(well, lambda w: (w - [3, 0]) * ((w - [3, 0]) ** 2 - 1), 2,
                    hessian=lambda w: np.diag(3 * (w - [3, 0]) ** 2 - 1), reference=1.0, name="wells")
    run = flow(f, [3.9, 1e-6], flow_t_end=60.0)
    assert np.allclose(run.weights(60.0), [4, 1], atol=1e-6)
    found = sf.saddles(run)
    first = {(str(k), round(float(x), 9), int(n)) for k, x, n in
             zip(found.catalogue["kind_name"].values, found.catalogue["loss"].values, found.catalogue["index_negative"].values)}
    assert ("saddle", 0.25, 1) in first and ("minimum", 0.0, 0) in first
    assert "origin" not in {k for k, _, _ in first}
