// Critical points and visits with values that anyone can compute from the row number.
#pragma once

#include <string>
#include <tuple>

#include "saddleflow/archive/saddle_record.hpp"
#include "sample_run.hpp"

namespace saddleflow::archive::sample {

constexpr std::int64_t spectrum_length = 4;

inline CriticalPointRow critical_point_row(std::int64_t k) {
  CriticalPointRow row;
  row.point = figures(50, k, parameter_count);
  row.kind = static_cast<int>(k % 5);
  row.loss = figure(51, k);
  row.gradient_norm = figure(52, k);
  row.relative_gradient = figure(53, k);
  row.index_negative = k;
  row.index_zero_explained = k + 1;
  row.index_zero_unexplained = k + 2;
  row.index_positive = k + 3;
  row.explained_rescaling = k + 4;
  row.explained_linear_layers = k + 5;
  row.explained_zero_neurons = k + 6;
  row.explained_dead_neurons = k + 7;
  row.eigenvalue_gap = figure(54, k);
  row.eigenvalues = figures(55, k, spectrum_length);
  row.eigenvalue_error = figure(56, k);
  row.active_neurons = {k % 3, -1};
  row.zero_neuron = {k % 2, (k + 1) % 2};
  row.inactive_threshold = figure(57, k);
  row.inactive_gap = figure(58, k);
  row.visits = 2 * k;
  row.effective_width = {k % 2, -1};
  row.same_function = k - 1;
  row.kink_count = k + 8;
  row.clarke_residual = figure(59, k);
  row.directional_derivative = figure(49, k);
  return row;
}

/// Of a catalogue of `points`.
inline EscapeRow escape_row(std::int64_t k, std::int64_t points) {
  EscapeRow row;
  row.critical_point = k % points;
  row.kind = static_cast<int>(k % 3);
  row.value = figure(60, k);
  row.degree = static_cast<int>(2 + k % 2);
  row.layer = k % 2 - 1;
  row.neuron = k % 3 - 1;
  row.basin_share = figure(61, k);
  row.direction = figures(62, k, parameter_count);
  row.to_plus = (k + 1) % points;
  row.to_minus = -1;
  return row;
}

/// Beside saddle_row(k).
inline VisitRow visit_row(std::int64_t k, std::int64_t points, std::int64_t escapes) {
  VisitRow row;
  row.recorded = saddle_row(k);
  row.run = k % 2;
  row.critical_point = k % (points + 1) - 1;
  row.closest_distance = figure(70, k);
  row.index_zero_explained = k + 5;
  row.index_zero_unexplained = k + 6;
  row.eigenvalue_gap = figure(71, k);
  row.active_neurons = {k % 3, -1};
  row.escape_direction = figures(72, k, parameter_count);
  row.escape = k % (escapes + 1) - 1;
  row.exit_overlap = figure(73, k);
  row.predicted_layer = 0;
  row.predicted_neuron = k % 2;
  row.left_layer = -1;
  row.left_neuron = (k + 1) % 2;
  row.predicted_leave_time = figure(74, k);
  row.pattern_preserved = static_cast<int>(k % 3) - 1;
  row.small_norm = figure(75, k);
  row.small_alignment = figure(76, k);
  row.kept_drift = figure(77, k);
  return row;
}

inline TransitionRow transition_row(std::int64_t k, std::int64_t points, std::int64_t escapes) {
  return {k % points, (k + 1) % points, 10 * k, k % (escapes + 1) - 1};
}

/// `size` critical points, twice as many escapes, and so on: no two tables are of one length.
inline SaddleRecord saddle_record(std::int64_t size) {
  SaddleRecord record;
  for (std::int64_t k = 0; k < size; ++k) record.catalogue.push_back(critical_point_row(k));
  for (std::int64_t k = 0; k < 2 * size; ++k) record.escapes.push_back(escape_row(k, size));
  for (std::int64_t k = 0; k < size + 3 && size > 0; ++k)
    record.visits.push_back(visit_row(k, size, 2 * size));
  for (std::int64_t k = 0; k < size + 1 && size > 0; ++k)
    record.transitions.push_back(transition_row(k, size, 2 * size));
  record.runs = {"eins.h5", "größer 2.h5"};
  record.counts = {{"hessians", 31}, {"refined", 7}};
  return record;
}

inline bool same(const CriticalPointRow& a, const CriticalPointRow& b) {
  const auto members = [](const CriticalPointRow& r) {
    return std::tie(r.point, r.kind, r.loss, r.gradient_norm, r.relative_gradient, r.index_negative,
                    r.index_zero_explained, r.index_zero_unexplained, r.index_positive, r.explained_rescaling,
                    r.explained_linear_layers, r.explained_zero_neurons, r.explained_dead_neurons,
                    r.eigenvalue_gap, r.eigenvalues, r.eigenvalue_error, r.active_neurons, r.zero_neuron,
                    r.inactive_threshold, r.inactive_gap, r.visits, r.effective_width, r.same_function,
                    r.kink_count, r.clarke_residual, r.directional_derivative);
  };
  return members(a) == members(b);
}

inline bool same(const EscapeRow& a, const EscapeRow& b) {
  const auto members = [](const EscapeRow& r) {
    return std::tie(r.critical_point, r.kind, r.value, r.degree, r.layer, r.neuron, r.basin_share,
                    r.direction, r.to_plus, r.to_minus);
  };
  return members(a) == members(b);
}

inline bool same(const VisitRow& a, const VisitRow& b) {
  const auto members = [](const VisitRow& r) {
    return std::tie(r.run, r.critical_point, r.closest_distance, r.index_zero_explained,
                    r.index_zero_unexplained, r.eigenvalue_gap, r.active_neurons, r.escape_direction,
                    r.escape, r.exit_overlap, r.predicted_layer, r.predicted_neuron, r.left_layer,
                    r.left_neuron, r.predicted_leave_time, r.pattern_preserved, r.small_norm,
                    r.small_alignment, r.kept_drift);
  };
  return members(a) == members(b) && same(a.recorded, b.recorded);
}

inline bool same(const TransitionRow& a, const TransitionRow& b) {
  return a.from == b.from && a.to == b.to && a.trajectories == b.trajectories && a.escape == b.escape;
}

}  // namespace saddleflow::archive::sample
