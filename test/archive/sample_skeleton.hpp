// A skeleton with values that anyone can compute from the row number.
#pragma once

#include <tuple>

#include "saddleflow/archive/skeleton_record.hpp"
#include "sample_run.hpp"

namespace saddleflow::archive::sample {

inline JumpRow jump_row(std::int64_t k) {
  JumpRow row;
  row.time = figure(120, k);
  row.after = figure(121, k);
  row.flow_time = figure(122, k);
  row.loss_before = figure(123, k);
  row.loss = figure(124, k);
  row.activated = {k % 2, 1 - k % 2};
  row.deactivated = {1 - k % 2, k % 2};
  row.active = {1, k % 2};
  row.active_neurons = {k % 3, -1};
  row.clocks = figures(125, k, 2);
  row.point = figures(126, k, 8);
  row.kind = static_cast<int>(k % 5);
  row.gradient_norm = figure(127, k);
  row.relative_gradient = figure(128, k);
  row.index_negative = k + 1;
  row.index_zero_explained = k + 2;
  row.index_zero_unexplained = k + 3;
  row.index_positive = k + 4;
  row.eigenvalue_gap = figure(129, k);
  row.lambda_min = figure(130, k);
  row.ways_down = k + 5;
  return row;
}

inline SequenceRow sequence_row(std::int64_t k) {
  return {static_cast<int>(k % 2), figure(131, k), figure(132, k), figure(133, k),
          figure(134, k),          k + 6,          k + 7,          static_cast<int>(k % 2)};
}

inline StopRow stop_row(std::int64_t k, std::int64_t sequences) {
  return {k % sequences,  figure(135, k), figure(136, k),    figure(137, k),
          figure(138, k), {k % 3, -1},    figures(139, k, 4)};
}

inline MatchRow match_row(std::int64_t k, std::int64_t sequences) {
  MatchRow row;
  row.sequence = k % sequences;
  row.jump = k - 1;
  row.stop = k % 3 - 1;
  row.time_difference = figure(140, k);
  row.loss_difference = figure(141, k);
  row.output_distance = figure(142, k);
  row.same_active_neurons = static_cast<int>(k % 3) - 1;
  row.absence = static_cast<int>(k % 11);
  row.nearest_flow_time = figure(143, k);
  row.nearest_loss = figure(144, k);
  row.nearest_proximity = figure(145, k);
  row.nearest_outputs = figure(146, k);
  return row;
}

/// `size` sequences, one jump and one stop more than that, matches for the jumps, two rows a sequence.
inline SkeletonRecord skeleton_record(std::int64_t size) {
  SkeletonRecord record;
  for (std::int64_t k = 0; k < size + 1; ++k) {
    record.jumps.push_back(jump_row(k));
    record.stops.push_back(stop_row(k, size));
    record.matches.push_back(match_row(k, size));
    record.reasons.push_back(k % 2 == 0 ? "" : "größer");
  }
  for (std::int64_t k = 0; k < size; ++k) {
    record.sequences.push_back(sequence_row(k));
    record.ends.push_back("end " + std::to_string(k));
  }
  for (std::int64_t k = 0; k < 2 * size; ++k)
    record.losses.push_back({k / 2, figure(147, k), figure(148, k), figure(149, k), figure(150, k)});
  record.end = "fitted";
  record.detail = "größer";
  record.delta = 0.5;
  record.loss_at_origin = 2.5;
  record.tolerance = 0.25;
  record.degree = 3;
  record.later_degree = 2;
  return record;
}

inline bool same(const SkeletonRecord& a, const SkeletonRecord& b) {
  const auto all = [](const auto& rows, const auto& others, const auto& members) {
    return std::equal(rows.begin(), rows.end(), others.begin(), others.end(),
                      [&](const auto& x, const auto& y) { return members(x) == members(y); });
  };
  const auto rest = [](const SkeletonRecord& r) {
    return std::tie(r.end, r.detail, r.known, r.delta, r.loss_at_origin, r.tolerance, r.degree,
                    r.later_degree, r.ends, r.reasons);
  };
  return rest(a) == rest(b) &&
         all(a.jumps, b.jumps,
             [](const JumpRow& r) {
               return std::tie(r.time, r.after, r.flow_time, r.loss_before, r.loss, r.activated,
                               r.deactivated, r.active, r.active_neurons, r.clocks, r.point, r.kind,
                               r.gradient_norm, r.relative_gradient, r.index_negative, r.index_zero_explained,
                               r.index_zero_unexplained, r.index_positive, r.eigenvalue_gap, r.lambda_min,
                               r.ways_down);
             }) &&
         all(a.sequences, b.sequences,
             [](const SequenceRow& r) {
               return std::tie(r.kind, r.delta, r.end_time, r.end_flow_time, r.end_loss, r.steps,
                               r.unresolved, r.failed);
             }) &&
         all(a.stops, b.stops,
             [](const StopRow& r) {
               return std::tie(r.sequence, r.time, r.after, r.flow_time, r.loss, r.active_neurons, r.outputs);
             }) &&
         all(a.matches, b.matches,
             [](const MatchRow& r) {
               return std::tie(r.sequence, r.jump, r.first_stop, r.stop, r.time_difference, r.loss_difference,
                               r.output_distance, r.same_active_neurons, r.absence, r.nearest_flow_time,
                               r.nearest_loss, r.nearest_proximity, r.nearest_outputs);
             }) &&
         all(a.losses, b.losses,
             [](const FlowLossRow& r) { return std::tie(r.sequence, r.time, r.flow_time, r.after, r.loss); });
}

}  // namespace saddleflow::archive::sample
