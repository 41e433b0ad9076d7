"""The file against a table written by hand, and the file in the eyes of other programs."""
import os
import re
import subprocess
import tempfile

import h5py
import numpy as np

from helper import GROUPS, figure, open_with_xarray, run

ROWS, LAYERS, NEURONS, PARAMETERS, SAMPLES, INPUTS, OUTPUTS, EIGENVALUES = 5, 2, 2, 8, 4, 3, 1, 3
SIZE = {"/time": ROWS, "/snapshot_time": ROWS, "/events/event": ROWS, "/saddles/saddle": ROWS, "/layer": LAYERS,
        "/neuron": NEURONS, "/parameter": PARAMETERS, "/problem/sample": SAMPLES, "/problem/input": INPUTS,
        "/problem/output": OUTPUTS, "/saddles/eigenvalue": EIGENVALUES,
        "/singular_value": 3, "/product_singular_value": 2, "/hidden_layer": 1, "/manifold": 2}
UNLIMITED = {"/time", "/snapshot_time", "/events/event", "/saddles/saddle", "/neuron", "/parameter"}

# path: (type, scales of its axes). A dataset that is its own axis is a scale.
TABLE = {
    "/time": ("f8", ["/time"]), "/step": ("i8", ["/time"]), "/loss": ("f8", ["/time"]),
    "/gradient_norm": ("f8", ["/time"]), "/weight_norm": ("f8", ["/time"]), "/step_size": ("f8", ["/time"]),
    "/proximity": ("f8", ["/time"]), "/balance_drift": ("f8", ["/time"]), "/energy_drift": ("f8", ["/time"]),
    "/stepper": ("i1", ["/time"]), "/layer_norm": ("f8", ["/time", "/layer"]),
    "/neuron_norm": ("f8", ["/time", "/neuron"]),
    "/snapshot_time": ("f8", ["/snapshot_time"]), "/weights": ("f8", ["/snapshot_time", "/parameter"]),
    "/snapshot_row": ("i8", ["/snapshot_time"]), "/singular_values": ("f8", ["/snapshot_time", "/singular_value"]),
    "/product_singular_values": ("f8", ["/snapshot_time", "/product_singular_value"]),
    "/effective_width": ("i8", ["/snapshot_time", "/hidden_layer"]), "/hidden_layer": ("i8", ["/hidden_layer"]),
    "/singular_value": ("i8", ["/singular_value"]), "/product_singular_value": ("i8", ["/product_singular_value"]),
    "/network/singular_value_layer": ("i8", ["/singular_value"]),
    "/manifold": ("i8", ["/manifold"]), "/manifold_distance": ("f8", ["/snapshot_time", "/manifold"]),
    "/network/manifold_layer": ("i8", ["/manifold"]), "/network/manifold_width": ("i8", ["/manifold"]),
    "/log_time": ("f8", ["/time"]), "/log_weight_norm": ("f8", ["/time"]), "/phase_time": ("f8", ["/time"]),
    "/chart": ("i1", ["/time"]), "/kkt_residual": ("f8", ["/time"]),
    "/layer": ("i8", ["/layer"]), "/neuron": ("i8", ["/neuron"]), "/parameter": ("i8", ["/parameter"]),
    "/network/parameter_layer": ("i8", ["/parameter"]), "/network/parameter_row": ("i8", ["/parameter"]),
    "/network/parameter_column": ("i8", ["/parameter"]), "/network/neuron_layer": ("i8", ["/neuron"]),
    "/network/neuron_index": ("i8", ["/neuron"]),
    "/problem/sample": ("i8", ["/problem/sample"]), "/problem/input": ("i8", ["/problem/input"]),
    "/problem/output": ("i8", ["/problem/output"]),
    "/problem/inputs": ("f8", ["/problem/sample", "/problem/input"]),
    "/problem/targets": ("f8", ["/problem/sample", "/problem/output"]),
    "/events/event": ("i8", ["/events/event"]), "/events/event_time": ("f8", ["/events/event"]),
    "/events/kind": ("i1", ["/events/event"]), "/events/direction": ("i1", ["/events/event"]),
    "/events/value": ("f8", ["/events/event"]), "/events/loss": ("f8", ["/events/event"]),
    "/events/gradient_norm": ("f8", ["/events/event"]), "/events/proximity": ("f8", ["/events/event"]),
    "/events/lambda_min": ("f8", ["/events/event"]), "/events/lambda_max": ("f8", ["/events/event"]),
    "/events/time_error": ("f8", ["/events/event"]), "/events/snapshot": ("i8", ["/events/event"]),
    "/events/log_time": ("f8", ["/events/event"]), "/events/phase_time": ("f8", ["/events/event"]),
    "/saddles/saddle": ("i8", ["/saddles/saddle"]),
    "/saddles/point": ("f8", ["/saddles/saddle", "/parameter"]), "/saddles/loss": ("f8", ["/saddles/saddle"]),
    "/saddles/gradient_norm": ("f8", ["/saddles/saddle"]), "/saddles/proximity": ("f8", ["/saddles/saddle"]),
    "/saddles/newton_distance": ("f8", ["/saddles/saddle"]),
    "/saddles/index_negative": ("i8", ["/saddles/saddle"]), "/saddles/index_zero": ("i8", ["/saddles/saddle"]),
    "/saddles/index_positive": ("i8", ["/saddles/saddle"]),
    "/saddles/eigenvalue": ("i8", ["/saddles/eigenvalue"]),
    "/saddles/eigenvalues": ("f8", ["/saddles/saddle", "/saddles/eigenvalue"]),
    "/saddles/depth": ("i1", ["/saddles/saddle"]),
    "/saddles/enter_time": ("f8", ["/saddles/saddle"]), "/saddles/closest_time": ("f8", ["/saddles/saddle"]),
    "/saddles/leave_time": ("f8", ["/saddles/saddle"]),
}
# What a table of KKT points adds.
KKT, POINTS = "/kkt/kkt_point", 7
LATE, MARGIN = "/max_margin/point", "/max_margin/margin"
KKT_TABLE = {
    "/nearest_kkt": ("i8", ["/snapshot_time"]), "/alignment": ("f8", ["/snapshot_time"]),
    "/snapshot_kkt_residual": ("f8", ["/snapshot_time"]), "/neuron_alignment": ("f8", ["/snapshot_time", "/neuron"]),
    "/kkt/kkt_point": ("i8", [KKT]), "/kkt/direction": ("f8", [KKT, "/parameter"]), "/kkt/value": ("f8", [KKT]),
    "/kkt/residual": ("f8", [KKT]), "/kkt/second_order_gap": ("f8", [KKT]), "/kkt/second_order_status": ("i1", [KKT]),
    "/kkt/negative": ("i8", [KKT]), "/kkt/zero_explained": ("i8", [KKT]), "/kkt/zero_unexplained": ("i8", [KKT]),
    "/kkt/positive": ("i8", [KKT]), "/kkt/basin_share": ("f8", [KKT]), "/kkt/starts": ("i8", [KKT]),
    "/kkt/layer_share": ("f8", [KKT, "/layer"]), "/kkt/rank_one_residual": ("f8", [KKT, "/layer"]),
    "/kkt/active_neurons": ("i8", [KKT, "/layer"]), "/kkt/rank_one": ("i1", [KKT]), "/kkt/scalar_kkt": ("i1", [KKT]),
    "/kkt/one_sign": ("i1", [KKT, "/layer"]), "/kkt/equal_magnitude": ("i1", [KKT, "/layer"]),
    "/kkt/aligned": ("i1", [KKT, "/layer"]), "/kkt/clarke_residual": ("f8", [KKT]), "/kkt/passes": ("i1", [KKT]),
    "/kkt/null": ("i1", [KKT]), "/max_margin_alignment": ("f8", ["/snapshot_time"]),
    "/max_margin/weights": ("f8", [LATE, "/parameter"]), "/max_margin/point": ("i8", [LATE]),
    "/max_margin/support_vectors": ("i8", [LATE]), "/max_margin/converged": ("i1", [LATE]), "/max_margin/approached": ("i1", [LATE]),
    **{f"/max_margin/{name}": ("f8", [LATE]) for name in ("normalised_margin", "stationarity", "violation", "angle", "exponent")},
    **{f"/max_margin/{name}": ("i8", [MARGIN]) for name in ("margin", "sample", "row")},
    "/max_margin/value": ("f8", [MARGIN]), "/max_margin/multiplier": ("f8", [MARGIN]),
}
# What critical points and visits add: lengths of sample::saddle_record(4), and the rows of /saddles replaced.
CRITICAL, ESCAPE, TRANSITION, SPECTRUM = ("/catalogue/critical_point", "/escapes/escape", "/transitions/transition",
                                          "/catalogue/eigenvalue")
SADDLE, SADDLE_SIZE = "/saddles/saddle", {CRITICAL: 4, ESCAPE: 8, "/saddles/saddle": 7, TRANSITION: 5, SPECTRUM: 4}


def columns(group, axis, reals="", integers="", flags=""):
    """Those along one axis alone."""
    kinds = {"f8": reals, "i8": integers, "i1": flags}
    return {f"/{group}/{name}": (kind, [axis]) for kind, names in kinds.items() for name in names.split()}


SADDLE_TABLE = {
    **columns("catalogue", CRITICAL, "loss gradient_norm relative_gradient eigenvalue_gap eigenvalue_error "
              "inactive_threshold inactive_gap clarke_residual directional_derivative",
              "critical_point index_negative index_zero_explained index_zero_unexplained index_positive explained_rescaling "
              "explained_linear_layers explained_zero_neurons explained_dead_neurons kink_count same_function visits", "kind"),
    "/catalogue/point": ("f8", [CRITICAL, "/parameter"]), "/catalogue/eigenvalue": ("i8", [SPECTRUM]),
    "/catalogue/eigenvalues": ("f8", [CRITICAL, SPECTRUM]), "/catalogue/active_neurons": ("i8", [CRITICAL, "/layer"]),
    "/catalogue/effective_width": ("i8", [CRITICAL, "/layer"]),
    "/catalogue/zero_neuron": ("i1", [CRITICAL, "/neuron"]),
    **columns("escapes", ESCAPE, "value basin_share", "escape critical_point degree layer neuron to_plus to_minus", "kind"),
    "/escapes/direction": ("f8", [ESCAPE, "/parameter"]),
    **columns("saddles", SADDLE, "closest_distance eigenvalue_gap exit_overlap predicted_leave_time small_norm "
              "small_alignment kept_drift", "run critical_point index_zero_explained index_zero_unexplained escape "
              "predicted_layer predicted_neuron left_layer left_neuron", "pattern_preserved"),
    "/saddles/active_neurons": ("i8", [SADDLE, "/layer"]), "/saddles/escape_direction": ("f8", [SADDLE, "/parameter"]),
    **columns("transitions", TRANSITION, "", "transition from to trajectories escape"),
}
# What a piecewise-smooth run with a test set, predicted plateaus and weight decay under a loss with margins has more.
TEST = "/problem/test_sample"
TEST_TABLE = {"/test_loss": ("f8", ["/time"]), TEST: ("i8", [TEST]), "/problem/test_inputs": ("f8", [TEST, "/problem/input"]),
              "/problem/test_targets": ("f8", [TEST, "/problem/output"])}
CHANGE = "/mode_changes/change"
STAGE, FACTOR = "/problem/stage", "/problem/group_factor"
STAGE_TABLE = {STAGE: ("i8", [STAGE]), FACTOR: ("i8", [FACTOR]), "/problem/stage_loss": ("f8", [STAGE]),
               "/problem/stage_correlation": ("f8", [STAGE]), "/problem/stage_frequency": ("i8", [STAGE, FACTOR])}
MODE_TABLE = {"/penalty": ("f8", ["/time"]), "/normalised_margin": ("f8", ["/time"]), "/margin_kkt_residual": ("f8", ["/time"]),
              **TEST_TABLE, **STAGE_TABLE, "/test_error": ("f8", ["/time"]), "/sliding_count": ("i8", ["/time"]), "/dead_neurons": ("i8", ["/time"]),
              **columns("mode_changes", CHANGE, "change_time log_time phase_time", "change layer neuron sample patch", "kind side")}
# What the file of a growing network has more, a test set among it; it has no events and no visits.
ROUND, ROUNDS = "/rounds/round", 3
ROUND_TABLE = {
    **columns("rounds", ROUND, "loss_before loss_start loss_after value kkt_residual basin_share gradient_norm "
              "relative_gradient eigenvalue_gap lambda_min next_value test_loss test_error flow_time",
              "round added_layer added_neurons index_negative index_zero_explained index_zero_unexplained index_positive "
              "first_time snapshot_start snapshot gradients hessian_vectors hessians", "kind stop"),
    "/rounds/neurons": ("i8", [ROUND, "/layer"]), "/rounds/active_neurons": ("i8", [ROUND, "/layer"]),
    **TEST_TABLE,
}
ROUND_SIZE = {ROUND: ROUNDS, TEST: 2, "/time": 3 * ROUNDS, "/snapshot_time": 2 * ROUNDS, "/neuron": ROUNDS,
              "/parameter": 4 * ROUNDS, "/events/event": 0, "/saddles/saddle": 0}
# What the file of a skeleton has more: lengths of sample::skeleton_record(3). It has no events and no visits.
JUMP, SEQUENCE, STOP, MATCH, ROW = "/skeleton/jump", "/sequences/sequence", "/stops/stop", "/matches/match", "/flow_loss/row"
SKELETON_SIZE = {JUMP: 4, SEQUENCE: 3, STOP: 4, MATCH: 4, ROW: 6, "/stops/sample": SAMPLES, "/stops/output": OUTPUTS, "/time": 0, "/snapshot_time": 0, "/events/event": 0,
                 "/saddles/saddle": 0}
SKELETON_TABLE = {
    **columns("skeleton", JUMP, "time after flow_time loss_before loss gradient_norm relative_gradient eigenvalue_gap lambda_min",
              "jump index_negative index_zero_explained index_zero_unexplained index_positive ways_down", "kind"),
    **{f"/skeleton/{name}": ("i1", [JUMP, "/neuron"]) for name in ("activated", "deactivated", "active")},
    "/skeleton/active_neurons": ("i8", [JUMP, "/layer"]), "/skeleton/clocks": ("f8", [JUMP, "/neuron"]),
    "/skeleton/point": ("f8", [JUMP, "/parameter"]),
    **columns("sequences", SEQUENCE, "delta end_time end_flow_time end_loss", "sequence steps unresolved", "kind failed"),
    **columns("stops", STOP, "time after flow_time loss", "stop sequence"),
    "/stops/active_neurons": ("i8", [STOP, "/layer"]), "/stops/outputs": ("f8", [STOP, "/stops/sample", "/stops/output"]),
    "/stops/sample": ("i8", ["/stops/sample"]), "/stops/output": ("i8", ["/stops/output"]),
    **columns("matches", MATCH, "time_difference loss_difference output_distance nearest_flow_time nearest_loss "
              "nearest_proximity nearest_outputs", "match sequence jump first_stop stop", "same_active_neurons absence"),
    **columns("flow_loss", ROW, "time flow_time after loss", "row sequence"),
}
BASE_TABLE, BASE_SIZE = dict(TABLE), dict(SIZE)
TEXTS = {"/config/toml", "/config/toml_user"}
VERDICT, TRUTH = ([-1, 0, 1], "not_applicable no yes"), ([0, 1], "no yes")
FLAGS = {"/stepper": ([0, 1, 2], "dopri5 rosenbrock rkc"),
         "/events/kind": ([0, 1, 2], "origin_escape saddle_enter level"),
         "/events/direction": ([-1, 0, 1], "falling neither rising"), "/chart": ([0, 1], "cartesian polar"),
         "/kkt/second_order_status": ([0, 1, 2, 3], "maximum degenerate saddle unknown"), "/kkt/rank_one": VERDICT,
         "/kkt/scalar_kkt": VERDICT, "/kkt/one_sign": VERDICT, "/kkt/equal_magnitude": VERDICT,
         "/kkt/aligned": VERDICT, "/kkt/passes": TRUTH, "/kkt/null": TRUTH, "/max_margin/converged": TRUTH, "/max_margin/approached": TRUTH,
         "/catalogue/kind": ([0, 1, 2, 3, 4], "origin saddle minimum unresolved gradient_flat"),
         "/catalogue/zero_neuron": VERDICT, "/escapes/kind": ([0, 1, 2], "eigenvector correlation descent"),
         "/saddles/pattern_preserved": VERDICT, "/mode_changes/kind": ([0, 1, 2, 3], "cross enter release branch"),
         "/mode_changes/side": ([-1, 0, 1], "below sliding above"),
         "/rounds/kind": ([0, 1, 2, 3, 4], "origin saddle minimum unresolved gradient_flat"),
         "/saddles/depth": ([0, 1], "shallow close"), "/sequences/kind": ([0, 1], "flow pursuit"),
         "/skeleton/kind": ([0, 1, 2, 3, 4], "origin saddle minimum unresolved gradient_flat"),
         "/skeleton/activated": TRUTH, "/skeleton/deactivated": TRUTH, "/skeleton/active": TRUTH, "/sequences/failed": TRUTH,
         "/matches/same_active_neurons": VERDICT,
         "/matches/absence": (list(range(11)), "none failed interrupted ended_before other_way too_large_delta passed_by "
                              "unresolved other_order together not_found"),
         "/rounds/stop": ([0, 1, 2, 3, 4, 5],
                          "reached_critical_point reached_loss not_critical interrupted gradient_steps_spent valley")}
ATTRIBUTES = {
    "/": {"Conventions": "CF-1.8", "title": "two neurons, größer", "source": "saddleflow 0.1.0", "history": None,
          "created": None, "run_id": None, "format": "saddleflow-run", "format_version": [1, 10]},
    "/network": {"kind": "feed_forward", "traits": "layered separable",
                 "activation": "leaky ReLU (slope 0.25) to the power 2",
                 "layer_sizes": [3, 2, 1], "slope": 0.25, "power": 2, "degree": 3, "width_kind": "rays",
                 "manifold_kind": "equal"},
    "/problem": {"loss": "square", "reduction": "sum", "generator": "generator sphere/teacher", "seed": 7,
                 "dropped_rows": 4, "constant_columns": "", "bias": "none"},
    "/events": {}, "/saddles": {}, "/config": {},
    "/run": {"stop_reason": "reached_end", "commit": "0123abcd", "version": "0.1.0", "gradients": 42.0,
             "wall_seconds": 1.5, "finished_on": "a Sunday"},
}


def check_dataset(file, path, kind, axes):
    data = file[path]
    assert data.dtype == np.dtype(kind), (path, data.dtype)
    assert data.shape == tuple(SIZE[axis] for axis in axes), (path, data.shape)
    assert data.maxshape == tuple(None if axis in UNLIMITED else SIZE[axis] for axis in axes), (path, data.maxshape)
    assert data.compression is None and not data.shuffle and not data.fletcher32, path
    assert np.isnan(data.fillvalue) if kind == "f8" else data.fillvalue == -1, (path, data.fillvalue)
    assert isinstance(data.attrs["long_name"], str) and len(data.attrs["long_name"]) > 3, path
    assert data.attrs["units"] == "1", path
    is_scale = h5py.h5ds.is_scale(data.id)
    assert is_scale == (axes == [path]), path
    if not is_scale:
        for axis, scale in zip(data.dims, axes):
            assert [attached.name for attached in axis.values()] == [scale], (path, scale)
    values, meanings = FLAGS.get(path, (None, None))
    assert ("flag_values" in data.attrs) == (values is not None), path
    if values:
        assert data.attrs["flag_values"].dtype == data.dtype and list(data.attrs["flag_values"]) == values, path
        assert data.attrs["flag_meanings"] == meanings, path


def check_attributes(group, expected):
    assert set(group.attrs) == set(expected), (group.name, set(group.attrs) ^ set(expected))
    for name, value in expected.items():
        found = group.attrs[name]
        if value is None or isinstance(value, str):
            assert isinstance(found, str) and (value is None or found == value), (group.name, name, found)
        else:
            assert np.array_equal(found, value), (group.name, name, found)


def check_with_h5py(path, check_values=None):
    with h5py.File(path, "r") as file:
        found = set()
        file.visititems(lambda name, item: found.add("/" + name) if isinstance(item, h5py.Dataset) else None)
        assert found == set(TABLE) | TEXTS, found ^ (set(TABLE) | TEXTS)
        for name, (kind, axes) in TABLE.items():
            check_dataset(file, name, kind, axes)
        for name in TEXTS:
            assert file[name].shape == () and h5py.check_string_dtype(file[name].dtype).encoding == "utf-8", name
            assert "größer" in file[name].asstr()[()], name
        for name, expected in ATTRIBUTES.items():
            check_attributes(file[name], expected)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ sf-flow sample.toml", file.attrs["history"])
        assert re.fullmatch(r"[0-9a-f]{32}", file.attrs["run_id"])
        (check_values or check_sample_values)(file)


def check_sample_values(file):
    """Row-major as laid out by hand, not as written and read by the same code."""
    assert file["problem/inputs"][()].tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]
    assert file["problem/targets"][()].tolist() == [[0.5], [-0.5], [1.5], [-1.5]]
    assert file["weights"].shape == (ROWS, PARAMETERS)
    for row in range(ROWS):
        for column in range(PARAMETERS):
            assert abs(file["weights"][row, column] - figure(10, row, column)) < 1e-12
    assert file["network/parameter_column"][()].tolist() == [0, 0, 1, 1, 2, 2, 0, 1]
    assert file["time"][()].tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert file["stepper"][()].tolist() == [0, 1, 2, 0, 1]
    assert file["events/direction"][()].tolist() == [-1, 0, 1, -1, 0]
    assert file["events/snapshot"][()].tolist() == [0, -1, 2, -1, 4]
    assert file["snapshot_row"][()].tolist() == [0, 1, 2, 3, 4]
    assert file["network/singular_value_layer"][()].tolist() == [0, 0, 1]
    assert file["effective_width"][()].tolist() == [[0], [1], [2], [0], [1]]
    assert file["network/manifold_layer"][()].tolist() == [0, 0] and file["network/manifold_width"][()].tolist() == [0, 1]
    for name, quantity in [("singular_values", 112), ("product_singular_values", 113), ("manifold_distance", 114)]:
        assert all(abs(value - figure(quantity, *place)) < 1e-12 for place, value in np.ndenumerate(file[name][()])), name


def check_kkt_values(path):
    """The added table, figure by figure."""
    with h5py.File(path, "r") as file:
        assert set(file["kkt"].attrs) == {"gradients", "seed", "starts", "unresolved"}, set(file["kkt"].attrs)
        assert file["kkt"].attrs["starts"] == 64 and file["kkt"].attrs["starts"].shape == ()
        assert file["kkt/second_order_status"][()].tolist() == [0, 1, 2, 3, 0, 1, 2]
        assert file["kkt/active_neurons"][2].tolist() == [2, -1]
        assert file["kkt/one_sign"][()].tolist() == [[(k % 3) - 1, -1] for k in range(POINTS)]
        assert file["kkt/rank_one"][()].tolist() == [-1, 0, 1, -1, 0, 1, -1]
        assert file["kkt/passes"][()].tolist() == [0, 1, 0, 1, 0, 1, 0]
        for row in range(POINTS):
            assert abs(file["kkt/direction"][row, 3] - figure(36, row, 3)) < 1e-12
            assert abs(file["kkt/layer_share"][row, 1] - figure(41, row, 1)) < 1e-12
        assert file["nearest_kkt"][()].tolist() == [0, 1, 0, 1, 0]
        for row in range(ROWS):
            assert abs(file["alignment"][row] - figure(33, row)) < 1e-12
            assert abs(file["neuron_alignment"][row, 1] - figure(35, row, 1)) < 1e-12


def check_saddle_values(path):
    """Row-major, figure by figure."""
    with h5py.File(path, "r") as file:
        assert file["catalogue/kind"][()].tolist() == [0, 1, 2, 3]
        assert file["catalogue/active_neurons"][()].tolist() == [[0, -1], [1, -1], [2, -1], [0, -1]]
        assert file["catalogue/effective_width"][()].tolist() == [[0, -1], [1, -1], [0, -1], [1, -1]]
        assert file["catalogue/same_function"][()].tolist() == [-1, 0, 1, 2]
        assert file["catalogue/zero_neuron"][()].tolist() == [[0, 1], [1, 0], [0, 1], [1, 0]]
        assert file["catalogue/index_zero_unexplained"][()].tolist() == [2, 3, 4, 5]
        assert file["catalogue/eigenvalue"][()].tolist() == [0, 1, 2, 3]
        assert file["catalogue"].attrs["hessians"] == 31 and file["catalogue"].attrs["hessians"].shape == ()
        assert file["escapes/to_plus"][()].tolist() == [1, 2, 3, 0, 1, 2, 3, 0]
        assert file["escapes/to_minus"][()].tolist() == [-1] * 8
        assert file["saddles"].attrs["runs"].split("\n") == ["eins.h5", "größer 2.h5"]
        assert file["saddles/critical_point"][()].tolist() == [-1, 0, 1, 2, 3, -1, 0]
        assert file["saddles/pattern_preserved"][()].tolist() == [-1, 0, 1, -1, 0, 1, -1]
        assert file["saddles/index_zero"][()].tolist() == [1, 2, 3, 4, 5, 6, 7]
        assert file["transitions/from"][()].tolist() == [0, 1, 2, 3, 0]
        assert file["transitions/to"][()].tolist() == [1, 2, 3, 0, 1]
        assert file["transitions/trajectories"][()].tolist() == [0, 10, 20, 30, 40]
        for name, quantity in [("catalogue/point", 50), ("catalogue/eigenvalues", 55), ("escapes/direction", 62),
                               ("saddles/point", 18), ("saddles/escape_direction", 72), ("saddles/eigenvalues", 19)]:
            for (row, column), value in np.ndenumerate(file[name][()]):
                assert abs(value - figure(quantity, row, column)) < 1e-12, (name, row, column)
        for name, quantity in [("catalogue/eigenvalue_gap", 54), ("escapes/value", 60), ("saddles/closest_distance", 70),
                               ("saddles/exit_overlap", 73), ("saddles/kept_drift", 77)]:
            assert all(abs(value - figure(quantity, row)) < 1e-12 for row, value in enumerate(file[name][()])), name


def check_mode_values(path):
    """As laid out by hand; the same run without mode changes has none of it (check_with_h5py, before)."""
    with h5py.File(path, "r") as file:
        group = file["mode_changes"]
        assert group["change_time"][()].tolist() == [0, 0.125, 0.25, 0.375, 0.5]
        assert group["layer"][()].tolist() == [0, 1, 0, 1, 0] and group["neuron"][()].tolist() == [0, 1, 0, 1, 0]
        assert group["sample"][()].tolist() == [0, 1, 2, 3, 0] and group["change"][()].tolist() == [0, 1, 2, 3, 4]
        assert group["patch"][()].tolist() == [0, 1, 2, 3, 4]
        assert group["kind"][()].tolist() == [0, 1, 2, 0, 1] and group["side"][()].tolist() == [0, 1, -1, 0, 1]
        assert file["sliding_count"][()].tolist() == [0, 1, 2, 3, 4] and file["dead_neurons"][()].tolist() == [0, 1, 2, 0, 1]
        for name, quantity in [("mode_changes/log_time", 44), ("mode_changes/phase_time", 45), ("test_loss", 110),
                               ("test_error", 111)]:
            assert all(abs(value - figure(quantity, row)) < 1e-12 for row, value in enumerate(file[name][()])), name


def check_round_values(file):
    """Rows as long as the network was big, then NaN; parameters in the order of their birth."""
    assert file["network/parameter_layer"][()].tolist() == [0, 0, 0, 1] * 3
    assert file["network/parameter_row"][()].tolist() == [0, 0, 0, 0, 1, 1, 1, 0, 2, 2, 2, 0]
    assert file["network/parameter_column"][()].tolist() == [0, 1, 2, 0, 0, 1, 2, 1, 0, 1, 2, 2]
    assert file["network/neuron_index"][()].tolist() == [0, 1, 2]
    for name, quantity, rows, born in [("weights", 10, 2, 4), ("neuron_norm", 9, 3, 1)]:
        for (row, column), value in np.ndenumerate(file[name][()]):
            if column < born * (row // rows + 1):
                assert abs(value - figure(quantity, row, column)) < 1e-12, (name, row, column)
            else:
                assert np.isnan(value), (name, row, column)
    assert file["problem/test_inputs"][()].tolist() == [[-1, -2, -3], [-4, -5, -6]]
    assert file["problem/test_targets"][()].tolist() == [[0.25], [-0.25]]
    rounds = file["rounds"]
    assert rounds["neurons"][()].tolist() == [[1, -1], [2, -1], [3, -1]]
    assert rounds["active_neurons"][()].tolist() == [[0, -1], [1, -1], [2, -1]]
    assert rounds["kind"][()].tolist() == [1, 2, 3] and rounds["stop"][()].tolist() == [0, 1, 2]
    for first, names in [(0, "round"), (1, "added_neurons"), (2, "index_negative"), (3, "index_zero_explained"),
                         (4, "index_zero_unexplained"), (5, "index_positive"), (6, "gradients"), (7, "hessian_vectors"),
                         (8, "hessians")]:
        assert rounds[names][()].tolist() == [first, first + 1, first + 2], names
    assert rounds["added_layer"][()].tolist() == [-1, 0, 0] and rounds["first_time"][()].tolist() == [0, 3, 6]
    assert rounds["snapshot_start"][()].tolist() == [0, 2, 4] and rounds["snapshot"][()].tolist() == [1, 3, 5]
    reals = ("loss_before loss_start loss_after value kkt_residual basin_share gradient_norm relative_gradient "
             "eigenvalue_gap lambda_min next_value test_loss test_error flow_time")
    for quantity, name in enumerate(reals.split(), start=80):
        assert all(abs(value - figure(quantity, row)) < 1e-12 for row, value in enumerate(rounds[name][()])), name


def check_skeleton_values(file):
    """Figure by figure, masks and texts as laid out by hand."""
    group = file["skeleton"]
    assert group["activated"][()].tolist() == [[0, 1], [1, 0], [0, 1], [1, 0]]
    assert group["active"][()].tolist() == [[1, 0], [1, 1], [1, 0], [1, 1]]
    assert group["ways_down"][()].tolist() == [5, 6, 7, 8] and group["kind"][()].tolist() == [0, 1, 2, 3]
    for name, quantity in [("skeleton/point", 126), ("skeleton/clocks", 125)]:
        for (row, column), value in np.ndenumerate(file[name][()]):
            assert abs(value - figure(quantity, row, column)) < 1e-12, (name, row, column)
    for (row, sample, output), value in np.ndenumerate(file["stops/outputs"][()]):
        assert abs(value - figure(139, row, sample + output)) < 1e-12, (row, sample)
    for name, quantity in [("skeleton/time", 120), ("skeleton/loss", 124), ("sequences/end_loss", 134), ("stops/loss", 138),
                           ("matches/output_distance", 142), ("matches/nearest_outputs", 146), ("flow_loss/time", 147),
                           ("flow_loss/flow_time", 148), ("flow_loss/after", 149), ("flow_loss/loss", 150)]:
        assert all(abs(value - figure(quantity, row)) < 1e-12 for row, value in enumerate(file[name][()])), name
    assert file["matches/jump"][()].tolist() == [-1, 0, 1, 2] and file["matches/stop"][()].tolist() == [-1, 0, 1, -1]
    assert file["matches"].attrs["reasons"].split("\n") == ["", "größer", "", "größer"]
    assert file["sequences"].attrs["ends"].split("\n") == ["end 0", "end 1", "end 2"]


def check_with_xarray(path):
    added = [group for group in ["kkt", "max_margin", "catalogue", "escapes", "transitions", "mode_changes", "rounds", "skeleton", "sequences", "stops", "matches", "flow_loss"] if any(f"/{group}/" in name for name in TABLE)]
    for engine, groups in open_with_xarray(path, GROUPS + added).items():
        root = groups["/"]
        assert set(root.coords) >= {"time", "snapshot_time", "layer", "neuron", "parameter"}, (engine, root.coords)
        assert root["layer_norm"].dims == ("time", "layer") and root["time"].dtype == np.float64, engine
        for name, (_, axes) in TABLE.items():
            group, _, variable = name[1:].rpartition("/")
            found = groups[group or "/"][variable]
            assert found.dims == tuple(axis.rpartition("/")[2] for axis in axes), (engine, name, found.dims)
            assert found.shape == tuple(SIZE[axis] for axis in axes), (engine, name, found.shape)
        assert "größer" in str(groups["config"]["toml"].values), engine
        assert root.attrs["title"] == "two neurons, größer", engine


def check_with_tools(path):
    listing = subprocess.run(["h5ls", "-r", path], capture_output=True, text=True, check=True).stdout
    for name in set(TABLE) | TEXTS:
        assert re.search(rf"^{name}\s+Dataset", listing, re.MULTILINE), name
    dump = subprocess.run(["h5dump", "-d", "/problem/inputs", "-y", "-w", "200", path], capture_output=True, text=True,
                          check=True).stdout
    data = re.search(r"DATA \{(.*?)\}", dump, re.DOTALL).group(1).split()
    assert " ".join(data) == "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12", data
    subprocess.run(["h5dump", path], capture_output=True, check=True)


def check_readme(table):
    """output/README.md has a table row for every dataset, under its group."""
    with open(os.path.join(os.path.dirname(__file__), "../../output/README.md")) as file:
        sections = re.split(r"^### ", file.read(), flags=re.MULTILINE)[1:]
    for name, (kind, axes) in table.items():
        group, _, variable = name.rpartition("/")
        section = next(text for text in sections if text.startswith(f"`{group or '/'}`"))
        rows = [row for row in section.splitlines() if re.match(rf"\|[^|]*`{variable}`", row)]
        assert len(rows) == 1 and f"| {kind} |" in rows[0], (name, rows)
        axis_names = [axis.rpartition("/")[2] + ("*" if axis in UNLIMITED else "") for axis in axes]
        if axes != [name] or axis_names[0] in rows[0].split("|")[2]:
            assert rows[0].split("|")[2].strip() == ", ".join(axis_names), rows[0]
    for name in TEXTS:
        assert f"`{name.rpartition('/')[2]}`" in sections[-1], name


with tempfile.TemporaryDirectory() as folder:
    run_file = os.path.join(folder, "sample.h5")
    run("make", run_file, ROWS)
    check_with_h5py(run_file)
    check_with_xarray(run_file)
    check_with_tools(run_file)
    # The same with KKT points, added twice: the second table replaces the first.
    TABLE.update(KKT_TABLE)
    SIZE.update({KKT: POINTS, LATE: 1, MARGIN: 4})
    UNLIMITED |= {KKT, LATE, MARGIN}
    ATTRIBUTES.update({"/kkt": {"gradients": 1234, "seed": 5, "starts": 64, "unresolved": 2}, "/max_margin": {}})
    run("kkt", run_file, 3)
    run("kkt", run_file, POINTS)
    check_with_h5py(run_file)
    check_kkt_values(run_file)
    check_with_xarray(run_file)
    check_with_tools(run_file)
    run("check", run_file)
    # And with critical points, twice again.
    TABLE.update(SADDLE_TABLE)
    SIZE.update(SADDLE_SIZE)
    UNLIMITED |= set(SADDLE_SIZE)
    ATTRIBUTES.update({"/catalogue": {"hessians": 31, "refined": 7}, "/escapes": {}, "/transitions": {},
                       "/saddles": {"runs": None}})
    run("saddles", run_file, 9)
    run("saddles", run_file, 4)
    check_with_h5py(run_file)
    check_saddle_values(run_file)
    check_with_xarray(run_file)
    check_with_tools(run_file)
    # A piecewise-smooth run keeps its mode changes when points are added.
    TABLE.update(MODE_TABLE)
    SIZE.update({CHANGE: ROWS, TEST: 2, STAGE: 3, FACTOR: 2})
    ATTRIBUTES["/problem"].update(test_dropped_rows=3, constant_columns="x2 y1")
    UNLIMITED.add(CHANGE)
    ATTRIBUTES["/mode_changes"] = {}
    run("modes", run_file, ROWS)
    run("kkt", run_file, POINTS)
    run("saddles", run_file, 4)
    check_with_h5py(run_file)
    check_mode_values(run_file)
    check_with_xarray(run_file)
    check_with_tools(run_file)
    run("check", run_file)
    UNLIMITED |= {ROUND, JUMP, SEQUENCE, STOP, MATCH, ROW}
    check_readme(TABLE | ROUND_TABLE | SKELETON_TABLE)
    # A run that visits no saddle has tables too, beside its own rows.
    run("modes", run_file, ROWS)
    run("kkt", run_file, POINTS)
    run("saddles", run_file, 0)
    SIZE.update({axis: 0 for axis in SADDLE_SIZE})
    check_with_xarray(run_file)
    # No rows at all is a run too.
    SIZE.update({axis: 0 for axis in ["/time", "/snapshot_time", "/events/event", "/saddles/saddle", CHANGE]})
    SIZE[KKT] = 0
    run("modes", run_file, 0)
    run("kkt", run_file, 0)
    run("saddles", run_file, 0)
    check_with_xarray(run_file)
    # A growing network.
    every = set(TABLE) | set(ROUND_TABLE) | set(SKELETON_TABLE)
    TABLE.clear()
    TABLE.update(BASE_TABLE | ROUND_TABLE)
    SIZE.update(ROUND_SIZE)
    ATTRIBUTES.update({"/rounds": {}, "/saddles": {}, "/run": {**ATTRIBUTES["/run"], "stop_reason": "running", "gradients": 30}})
    ATTRIBUTES["/problem"].update(test_dropped_rows=0, constant_columns="")
    ATTRIBUTES["/network"].update(order="birth", layer_sizes=[3, ROUNDS, 1])
    for name in ["/kkt", "/max_margin", "/catalogue", "/escapes", "/transitions", "/mode_changes"]:
        del ATTRIBUTES[name]
    for name in ["wall_seconds", "finished_on"]:
        del ATTRIBUTES["/run"][name]
    run("pursuit", run_file, ROUNDS)
    check_with_h5py(run_file, check_round_values)
    check_with_xarray(run_file)
    check_with_tools(run_file)
    # A skeleton.
    TABLE.clear()
    TABLE.update(BASE_TABLE | SKELETON_TABLE)
    SIZE.update(BASE_SIZE | SKELETON_SIZE)
    ATTRIBUTES.update({"/skeleton": {"end": "fitted", "detail": "größer", "known": "yes", "delta": 0.5, "loss_at_origin": 2.5,
                                     "tolerance": 0.25, "degree": 3, "later_degree": 2},
                       "/sequences": {"ends": None}, "/stops": {}, "/matches": {"reasons": None}, "/flow_loss": {}})
    ATTRIBUTES["/run"].update(stop_reason="interrupted", horizon=2.0)
    for group, names in [("/run", ["gradients"]), ("/problem", ["test_dropped_rows"]), ("/network", ["order"])]:
        for name in names:
            del ATTRIBUTES[group][name]
    ATTRIBUTES["/network"].update(layer_sizes=[3, 2, 1])
    del ATTRIBUTES["/rounds"]
    run("skeleton", run_file, 3)
    check_with_h5py(run_file, check_skeleton_values)
    check_with_xarray(run_file)
    check_with_tools(run_file)
print(f"{len(every) + len(TEXTS)} datasets as in the table")
