// The plain structs that pass between a run and its HDF5 file; `output/README.md` explains the file itself.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "saddleflow/base/chart_kind.hpp"
#include "saddleflow/base/event_kind.hpp"
#include "saddleflow/base/kkt_status.hpp"
#include "saddleflow/base/mode_change_kind.hpp"
#include "saddleflow/base/stop_reason.hpp"
#include "saddleflow/base/visit_depth.hpp"

namespace saddleflow::archive {

inline constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

/// Everything known before the first step. Matrices are row-major here, as on disk.
struct RunDescription {
  std::string title;
  std::string command;  ///< for `history`
  // network
  std::string network_kind;
  std::vector<std::string> network_traits;  ///< what the network is, one word each (network/traits.hpp)
  std::string activation;                   ///< in words; empty where its neurons have none
  std::vector<std::int64_t> layer_sizes;
  double slope = 1;
  int power = 1;
  int degree = 2;
  std::vector<std::int64_t> parameter_layer, parameter_row, parameter_column;  ///< one each per parameter
  std::vector<std::int64_t> neuron_layer, neuron_index;                        ///< one each per hidden neuron
  int layer_count = 0;
  // What is recorded of the weights at every snapshot; 0 and empty: the file has no such datasets.
  std::vector<std::int64_t> singular_value_layer;  ///< of each singular value: its layer of weights
  std::int64_t product_singular_value_count = 0;
  std::int64_t hidden_layer_count = 0;  ///< layers with an effective width
  std::string width_kind;               ///< what that counts: "rank", "rays" or "neurons"
  // Of each distance to an invariant manifold: its hidden layer and its effective width.
  std::vector<std::int64_t> manifold_layer, manifold_width;
  std::string manifold_kind;  ///< what these manifolds are: "rank", "rays", "equal" or "neurons"
  /// Parameters and neurons are in the order of their birth; rows from before the birth of the last ones are
  /// shorter than their axes, NaN in the file.
  bool growing = false;
  // problem
  std::string loss, reduction, data_origin;
  std::int64_t data_seed = -1;
  std::int64_t dropped_rows = 0, test_dropped_rows = 0;
  std::vector<std::string> constant_columns;  ///< that standardisation has only centred: "x3", "y1"
  bool bias = false;                          ///< the last input is 1 for every sample
  std::vector<double> inputs, targets;        ///< sample x input, sample x output
  std::int64_t sample_count = 0, input_count = 0, output_count = 0;
  std::vector<double> test_inputs, test_targets;  ///< likewise; empty without a test set
  std::int64_t test_sample_count = 0;
  // Plateaus that a theory predicts for these data, highest first; empty: the file has no such datasets.
  std::vector<double> stage_loss, stage_correlation;
  std::vector<std::int64_t> stage_frequency;  ///< stage x group_factor
  std::int64_t group_factor_count = 0;
  // configuration and provenance
  std::string toml;       ///< the study with every default filled in
  std::string toml_user;  ///< as typed
  std::vector<std::pair<std::string, std::string>>
      provenance;                     ///< attributes of /run: version, commit, compiler ...
  std::int64_t eigenvalue_count = 0;  ///< width of /saddles/eigenvalues; 0: the file has no such dataset
  // names of the flags, without blanks: flag k of /events/kind is event_kinds[k], of /stepper
  // stepper_names[k]
  std::vector<std::string> event_kinds, stepper_names;
  bool mode_changes =
      false;             ///< piecewise-smooth run: it has /mode_changes, /sliding_count and /dead_neurons
  bool attained = true;  ///< the infimum of the loss of a sample; else /proximity has another formula
  bool margins = false;  ///< the loss has margins: /normalised_margin and /margin_kkt_residual are there
  bool decay = false;    ///< the loss contains a penalty: /penalty is there
  bool patches = false;  ///< a neuron sees several patches of a sample: mode changes say which
};

// In every row a vector is as long as its axis, or empty: "not recorded", NaN in the file.

/// One accepted step, or the moment of a snapshot within one: `step` are then those before it, `step_size`,
/// `stepper` and `chart` those of the step that it lies in.
struct TimeRow {
  double time = 0;
  std::int64_t step = 0;
  double loss = 0, gradient_norm = 0, weight_norm = 0, step_size = 0;
  double proximity = 0;  ///< r, scale-free closeness to a critical point
  double balance_drift = 0, energy_drift = 0;
  int stepper = 0;  ///< flag, see RunDescription::stepper_names
  std::vector<double> layer_norm = {}, neuron_norm = {};
  // Near the origin, where a double holds neither the time nor the norm.
  double log_time = not_known, log_weight_norm = not_known;  ///< natural logarithms
  double phase_time = not_known;                             ///< flow time since the chart was last changed
  int chart = flag_of(ChartKind::cartesian);
  double kkt_residual = not_known;  ///< sine of the angle between w and -grad L
  // Only of losses that have margins.
  double normalised_margin = not_known;    ///< least margin over |w|^D
  double margin_kkt_residual = not_known;  ///< of the max-margin problem
  double penalty = not_known;              ///< share of weight decay in the loss, only of runs with one
  // Only in runs with a test set, the second only of losses of classes.
  double test_loss = not_known;   ///< mean over the samples
  double test_error = not_known;  ///< share of wrong classes
  // Only in runs with mode changes.
  std::int64_t sliding_count = -1;  ///< pre-activations held at zero
  std::int64_t dead_neurons = -1;   ///< hidden neurons that no sample activates
};

struct SnapshotRow {
  double time = 0;
  std::vector<double> weights = {};
  std::int64_t time_row = -1;  ///< row of /time
  // Of the weights, where the file takes them; see RunDescription.
  std::vector<double> singular_values = {}, product_singular_values = {};
  std::vector<std::int64_t> effective_width = {};
  std::vector<double> manifold_distance = {};
  // Only in files that hold a KKT table.
  std::int64_t nearest_kkt = -1;  ///< row of /kkt
  double alignment = not_known, kkt_residual = not_known;
  std::vector<double> neuron_alignment = {};
  double max_margin_alignment = not_known;
};

struct EventRow {
  double time = 0;
  int kind = 0;  ///< flag, see RunDescription::event_kinds
  int direction = flag_of(CrossingKind::neither);
  double value = 0, loss = 0, gradient_norm = 0, proximity = 0, lambda_min = 0, lambda_max = 0,
         time_error = 0;
  std::int64_t snapshot = -1;                           ///< row of /weights
  double log_time = not_known, phase_time = not_known;  ///< as in TimeRow
};

/// Of an event of this file; none for an event that is not the library's. std::out_of_range for a flag
/// without a name.
inline std::optional<EventKind> kind_of(const RunDescription& description, const EventRow& event) {
  return event_kind_of(description.event_kinds.at(static_cast<std::size_t>(event.kind)));
}

/// The pre-activation of a neuron at a sample (and patch) has come to zero, or leaves it. Rows are in the
/// order of time.
struct ModeChangeRow {
  double time = 0;
  int layer = 0;                          ///< hidden layer, from 0
  std::int64_t neuron = -1, sample = -1;  ///< rows of /neuron and of /problem/sample
  ModeChangeKind kind = ModeChangeKind::cross;
  int side = flag_of(Side::sliding);                    ///< afterwards
  double log_time = not_known, phase_time = not_known;  ///< as in TimeRow
  std::int64_t patch = 0;                               ///< stored where there are several
};

/// One visit to the neighbourhood of a critical point.
struct SaddleRow {
  std::vector<double> point,
      eigenvalues;  ///< weights at the closest approach; spectrum of the Hessian there, ascending
  double loss = 0, gradient_norm = 0, proximity = 0, newton_distance = 0;
  double enter_time = 0, closest_time = 0, leave_time = 0;
  std::int64_t index_negative = -1, index_zero = -1, index_positive = -1;
  int depth = flag_of(VisitDepth::close);  ///< files before format 1.7 have close visits only
};

/// A KKT point of the constrained neural correlation function. Verdicts are flags of Verdict.
struct KktRow {
  std::vector<double> direction = {};  ///< unit vector
  double value = 0, residual = 0;
  double second_order_gap = not_known;
  int second_order_status = flag_of(SecondOrderStatus::unknown);
  std::int64_t negative = -1, zero_explained = -1, zero_unexplained = -1, positive = -1;
  double basin_share = not_known;
  std::int64_t starts = 0;
  std::vector<double> layer_share = {}, rank_one_residual = {};                 ///< one each per layer
  std::vector<std::int64_t> active_neurons = {};                                ///< -1 for the output layer
  std::vector<std::int64_t> one_sign = {}, equal_magnitude = {}, aligned = {};  ///< verdict per layer
  int rank_one = flag_of(Verdict::not_applicable), scalar_kkt = flag_of(Verdict::not_applicable);
  double clarke_residual = not_known;
  int passes = 0, null = 0;
};

/// The KKT point of the max-margin problem to which a run turns in its late phase; see MaxMarginPoint.
struct MaxMarginRow {
  std::vector<double> weights = {};  ///< with the least margin 1
  double normalised_margin = not_known, stationarity = not_known, violation = not_known;
  std::int64_t support_vectors = 0;
  int converged = 0;
  double angle = not_known, exponent = not_known;  ///< see LateDirection
  int approached = 0;
};

/// A margin at that point.
struct MarginRow {
  std::int64_t sample = 0, row = 0;  ///< row: which of the margins of the sample
  double value = 0, multiplier = 0;
};

/// All KKT points that a search has found, and what it cost: the group /kkt; and, of a run with a late phase,
/// the group /max_margin.
struct KktRecord {
  std::vector<KktRow> rows;
  std::vector<std::pair<std::string, std::int64_t>>
      counts;                                 ///< attributes: seed, starts, unresolved, gradients ...
  std::vector<MaxMarginRow> max_margin = {};  ///< at most one
  std::vector<MarginRow> margins = {};        ///< all of that point
};

/// Rows in each stream of a file.
struct RowCounts {
  std::int64_t time = 0, snapshot = 0, event = 0, saddle = 0, mode_change = 0;
  bool operator==(const RowCounts&) const = default;
};

/// Counters and verdicts, written when a run ends (and into every checkpoint).
struct RunSummary {
  /// As the file has it: the text of a StopReason, the end of a pursuit, or a RunState.
  std::string stop_reason = name_of(RunState::running);
  std::vector<std::pair<std::string, double>>
      numbers;  ///< gradients, hessians, wall_seconds, path_error_estimate ...
  std::vector<std::pair<std::string, std::string>> texts;
};

}  // namespace saddleflow::archive
