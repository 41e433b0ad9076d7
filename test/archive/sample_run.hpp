// A run with values that anyone can compute from the row number: what the helper programs write and check.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "saddleflow/archive/saddle_record.hpp"

namespace saddleflow::archive::sample {

constexpr std::int64_t parameter_count = 8, neuron_count = 2, layer_count = 2;

inline RunDescription description() {
  RunDescription d;
  d.title = "two neurons, größer";  // not ASCII on purpose
  d.command = "sf-flow sample.toml";
  d.network_kind = "feed_forward";
  d.network_traits = {"layered", "separable"};
  d.activation = "leaky ReLU (slope 0.25) to the power 2";
  d.layer_sizes = {3, 2, 1};
  d.slope = 0.25;
  d.power = 2;
  d.degree = 3;
  d.layer_count = 2;
  d.parameter_layer = {0, 0, 0, 0, 0, 0, 1, 1};
  d.parameter_row = {0, 1, 0, 1, 0, 1, 0, 0};
  d.parameter_column = {0, 0, 1, 1, 2, 2, 0, 1};
  d.singular_value_layer = {0, 0, 1};
  d.product_singular_value_count = 2;
  d.hidden_layer_count = 1;
  d.width_kind = "rays";
  d.manifold_layer = {0, 0};
  d.manifold_width = {0, 1};
  d.manifold_kind = "equal";
  d.neuron_layer = {0, 0};
  d.neuron_index = {0, 1};
  d.loss = "square";
  d.reduction = "sum";
  d.data_origin = "generator sphere/teacher";
  d.data_seed = 7;
  d.dropped_rows = 4;
  d.inputs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  d.targets = {0.5, -0.5, 1.5, -1.5};
  d.sample_count = 4;
  d.input_count = 3;
  d.output_count = 1;
  d.toml = "title = \"größer\"\n[flow]\nrtol = 1e-8\n";
  d.toml_user = "title = \"größer\"\n";
  d.provenance = {{"commit", "0123abcd"}, {"version", "0.1.0"}};
  d.eigenvalue_count = 3;
  d.event_kinds = {"origin_escape", "saddle_enter", "level"};
  d.stepper_names = {"dopri5", "rosenbrock", "rkc"};
  return d;
}

/// A piecewise-smooth run with a test set and predicted plateaus, under a loss that has margins.
inline RunDescription description_with_modes() {
  RunDescription d = description();
  d.mode_changes = d.margins = d.patches = d.decay = true;
  d.test_sample_count = 2;
  d.test_inputs = {-1, -2, -3, -4, -5, -6};
  d.test_targets = {0.25, -0.25};
  d.test_dropped_rows = 3;
  d.stage_loss = {2, 0.5, 0.25};
  d.stage_correlation = {4, 3, 1};
  d.stage_frequency = {1, 0, 0, 2, 1, 2};
  d.group_factor_count = 2;
  d.constant_columns = {"x2", "y1"};
  return d;
}

/// A number that only this row and column of this quantity has, and whose bits fill the mantissa.
inline double figure(int quantity, std::int64_t row, std::int64_t column = 0) {
  return std::sin(0.1 + double(quantity) + 1e-3 * double(row)) + 1000.0 * double(column) + double(row) / 7;
}

inline std::vector<double> figures(int quantity, std::int64_t row, std::int64_t width) {
  std::vector<double> values;
  for (std::int64_t k = 0; k < width; ++k) values.push_back(figure(quantity, row, k));
  return values;
}

inline TimeRow time_row(std::int64_t k) {
  TimeRow row;
  row.time = 0.25 * double(k);
  row.step = k;
  row.loss = figure(1, k);
  row.gradient_norm = figure(2, k);
  row.weight_norm = figure(3, k);
  row.step_size = figure(4, k);
  row.proximity = figure(5, k);
  row.balance_drift = figure(6, k);
  row.energy_drift = figure(7, k);
  row.stepper = static_cast<int>(k % 3);
  row.layer_norm = figures(8, k, layer_count);
  row.neuron_norm = figures(9, k, neuron_count);
  row.log_time = figure(27, k);
  row.log_weight_norm = figure(28, k);
  row.phase_time = figure(29, k);
  row.chart = static_cast<int>(k % 2);
  row.kkt_residual = figure(30, k);
  return row;
}

/// In a run with mode changes.
inline TimeRow time_row_with_modes(std::int64_t k) {
  TimeRow row = time_row(k);
  row.sliding_count = k % 5;
  row.dead_neurons = k % 3;
  row.penalty = figure(112, k);
  row.normalised_margin = figure(46, k);
  row.margin_kkt_residual = figure(47, k);
  row.test_loss = figure(110, k);
  row.test_error = figure(111, k);
  return row;
}

inline ModeChangeRow mode_change(std::int64_t k) {
  ModeChangeRow row;
  row.time = 0.125 * double(k);
  row.layer = static_cast<int>(k % 2);
  row.neuron = k % 2;
  row.sample = k % 4;
  row.kind = static_cast<ModeChangeKind>(k % 3);
  row.side = static_cast<int>((k + 1) % 3) - 1;
  row.log_time = figure(44, k);
  row.phase_time = figure(45, k);
  row.patch = k % 5;
  return row;
}

/// Those with numbers in [first, last).
inline std::vector<ModeChangeRow> mode_changes(std::int64_t first, std::int64_t last) {
  std::vector<ModeChangeRow> rows;
  for (std::int64_t k = first; k < last; ++k) rows.push_back(mode_change(k));
  return rows;
}

inline SnapshotRow snapshot_row(std::int64_t k) {
  SnapshotRow row{0.5 * double(k), figures(10, k, parameter_count), k};
  row.singular_values = figures(112, k, 3);
  row.product_singular_values = figures(113, k, 2);
  row.effective_width = {k % 3};
  row.manifold_distance = figures(114, k, 2);
  return row;
}

/// What add_kkt() takes of a snapshot.
inline SnapshotRow alignment_row(std::int64_t k) {
  SnapshotRow row;
  row.nearest_kkt = k % 2;
  row.alignment = figure(33, k);
  row.kkt_residual = figure(34, k);
  row.neuron_alignment = figures(35, k, neuron_count);
  row.max_margin_alignment = figure(36, k);
  return row;
}

inline EventRow event_row(std::int64_t k) {
  EventRow row;
  row.time = 2.0 * double(k);
  row.kind = static_cast<int>(k % 3);
  row.direction = static_cast<int>(k % 3) - 1;
  row.value = figure(11, k);
  row.loss = figure(12, k);
  row.gradient_norm = figure(13, k);
  row.proximity = figure(14, k);
  row.lambda_min = figure(15, k);
  row.lambda_max = figure(16, k);
  row.time_error = figure(17, k);
  row.snapshot = k % 2 == 0 ? k : -1;
  row.log_time = figure(31, k);
  row.phase_time = figure(32, k);
  return row;
}

inline SaddleRow saddle_row(std::int64_t k) {
  SaddleRow row;
  row.point = figures(18, k, parameter_count);
  row.eigenvalues = figures(19, k, 3);
  row.loss = figure(20, k);
  row.gradient_norm = figure(21, k);
  row.proximity = figure(22, k);
  row.newton_distance = figure(23, k);
  row.enter_time = figure(24, k);
  row.closest_time = figure(25, k);
  row.leave_time = figure(26, k);
  row.index_negative = k;
  row.index_zero = k + 1;
  row.index_positive = k + 2;
  return row;
}

inline KktRow kkt_row(std::int64_t k) {
  KktRow row;
  row.direction = figures(36, k, parameter_count);
  row.value = figure(37, k);
  row.residual = figure(38, k);
  row.second_order_gap = figure(39, k);
  row.second_order_status = static_cast<int>(k % 4);
  row.negative = k;
  row.zero_explained = k + 1;
  row.zero_unexplained = k + 2;
  row.positive = k + 3;
  row.basin_share = figure(40, k);
  row.starts = 10 * k;
  row.layer_share = figures(41, k, layer_count);
  row.rank_one_residual = figures(42, k, layer_count);
  row.active_neurons = {k % 3, -1};
  row.one_sign = {k % 3 - 1, -1};
  row.equal_magnitude = {(k + 1) % 3 - 1, -1};
  row.aligned = {(k + 2) % 3 - 1, -1};
  row.rank_one = static_cast<int>(k % 3) - 1;
  row.scalar_kkt = static_cast<int>((k + 1) % 3) - 1;
  row.clarke_residual = figure(43, k);
  row.passes = static_cast<int>(k % 2);
  row.null = static_cast<int>((k + 1) % 2);
  return row;
}

inline KktRecord kkt_record(std::int64_t points) {
  KktRecord record;
  for (std::int64_t k = 0; k < points; ++k) record.rows.push_back(kkt_row(k));
  if (points != 1) {
    record.max_margin = {
        {figures(37, points, parameter_count), figure(38, points), 1e-12, 1e-13, 3, 1, 0.25, -0.3, 1}};
    for (std::int64_t k = 0; k < 4; ++k)
      record.margins.push_back({k / 2, k % 2, figure(39, k), figure(44, k)});
  }
  record.counts = {{"gradients", 1234}, {"seed", 5}, {"starts", 64}, {"unresolved", 2}};
  return record;
}

/// Or both not known.
inline bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

inline bool same(const TimeRow& a, const TimeRow& b) {
  return a.time == b.time && a.step == b.step && a.loss == b.loss && a.gradient_norm == b.gradient_norm &&
         a.weight_norm == b.weight_norm && a.step_size == b.step_size && a.proximity == b.proximity &&
         a.balance_drift == b.balance_drift && a.energy_drift == b.energy_drift && a.stepper == b.stepper &&
         a.layer_norm == b.layer_norm && a.neuron_norm == b.neuron_norm && a.log_time == b.log_time &&
         a.log_weight_norm == b.log_weight_norm && a.phase_time == b.phase_time && a.chart == b.chart &&
         a.kkt_residual == b.kkt_residual && a.sliding_count == b.sliding_count &&
         a.dead_neurons == b.dead_neurons && same(a.penalty, b.penalty) &&
         same(a.normalised_margin, b.normalised_margin) &&
         same(a.margin_kkt_residual, b.margin_kkt_residual) && same(a.test_loss, b.test_loss) &&
         same(a.test_error, b.test_error);
}

inline bool same(const ModeChangeRow& a, const ModeChangeRow& b) {
  return a.time == b.time && a.layer == b.layer && a.neuron == b.neuron && a.sample == b.sample &&
         a.kind == b.kind && a.side == b.side && a.log_time == b.log_time && a.phase_time == b.phase_time;
}

inline bool same(const SnapshotRow& a, const SnapshotRow& b) {
  return a.time == b.time && a.weights == b.weights && a.time_row == b.time_row &&
         a.singular_values == b.singular_values && a.product_singular_values == b.product_singular_values &&
         a.effective_width == b.effective_width && a.manifold_distance == b.manifold_distance;
}

inline bool same(const EventRow& a, const EventRow& b) {
  return a.time == b.time && a.kind == b.kind && a.direction == b.direction && a.value == b.value &&
         a.loss == b.loss && a.gradient_norm == b.gradient_norm && a.proximity == b.proximity &&
         a.lambda_min == b.lambda_min && a.lambda_max == b.lambda_max && a.time_error == b.time_error &&
         a.snapshot == b.snapshot && a.log_time == b.log_time && a.phase_time == b.phase_time;
}

inline bool same(const SaddleRow& a, const SaddleRow& b) {
  return a.point == b.point && a.eigenvalues == b.eigenvalues && a.loss == b.loss &&
         a.gradient_norm == b.gradient_norm && a.proximity == b.proximity &&
         a.newton_distance == b.newton_distance && a.enter_time == b.enter_time &&
         a.closest_time == b.closest_time && a.leave_time == b.leave_time &&
         a.index_negative == b.index_negative && a.index_zero == b.index_zero &&
         a.index_positive == b.index_positive;
}

inline bool same(const KktRow& a, const KktRow& b) {
  return a.direction == b.direction && a.value == b.value && a.residual == b.residual &&
         a.second_order_gap == b.second_order_gap && a.second_order_status == b.second_order_status &&
         a.negative == b.negative && a.zero_explained == b.zero_explained &&
         a.zero_unexplained == b.zero_unexplained && a.positive == b.positive &&
         a.basin_share == b.basin_share && a.starts == b.starts && a.layer_share == b.layer_share &&
         a.rank_one_residual == b.rank_one_residual && a.active_neurons == b.active_neurons &&
         a.one_sign == b.one_sign && a.equal_magnitude == b.equal_magnitude && a.aligned == b.aligned &&
         a.rank_one == b.rank_one && a.scalar_kkt == b.scalar_kkt && a.clarke_residual == b.clarke_residual &&
         a.passes == b.passes && a.null == b.null;
}

}  // namespace saddleflow::archive::sample
