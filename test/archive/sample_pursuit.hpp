// A growing network with values that anyone can compute from the row number: 3-1-1, then one hidden neuron
// more in every round.
#pragma once

#include <tuple>

#include "saddleflow/archive/pursuit_record.hpp"
#include "sample_run.hpp"

namespace saddleflow::archive::sample {

constexpr std::int64_t parameters_a_neuron = 4, times_a_round = 3, snapshots_a_round = 2;

/// After `rounds` rounds. A test set of two samples.
inline RunDescription growing_description(std::int64_t rounds) {
  RunDescription d = description();
  d.growing = true;
  d.layer_sizes = {3, rounds, 1};
  d.parameter_layer = d.parameter_row = d.parameter_column = d.neuron_layer = d.neuron_index = {};
  for (std::int64_t k = 0; k < rounds; ++k) {
    for (std::int64_t j = 0; j < 3; ++j) {
      d.parameter_layer.push_back(0);
      d.parameter_row.push_back(k);
      d.parameter_column.push_back(j);
    }
    d.parameter_layer.push_back(1);
    d.parameter_row.push_back(0);
    d.parameter_column.push_back(k);
    d.neuron_layer.push_back(0);
    d.neuron_index.push_back(k);
  }
  d.test_sample_count = 2;
  d.test_inputs = {-1, -2, -3, -4, -5, -6};
  d.test_targets = {0.25, -0.25};
  return d;
}

inline RoundRow round_row(std::int64_t k) {
  RoundRow row;
  row.loss_before = figure(80, k);
  row.loss_start = figure(81, k);
  row.loss_after = figure(82, k);
  row.added_layer = k == 0 ? -1 : 0;
  row.added_neurons = k + 1;
  row.value = figure(83, k);
  row.kkt_residual = figure(84, k);
  row.basin_share = figure(85, k);
  row.kind = static_cast<int>((k + 1) % 5);
  row.gradient_norm = figure(86, k);
  row.relative_gradient = figure(87, k);
  row.index_negative = k + 2;
  row.index_zero_explained = k + 3;
  row.index_zero_unexplained = k + 4;
  row.index_positive = k + 5;
  row.eigenvalue_gap = figure(88, k);
  row.lambda_min = figure(89, k);
  row.neurons = {k + 1, -1};
  row.active_neurons = {k, -1};
  row.next_value = figure(90, k);
  row.test_loss = figure(91, k);
  row.test_error = figure(92, k);
  row.flow_time = figure(93, k);
  row.stop = static_cast<int>(k % 5);
  row.first_time = times_a_round * k;
  row.snapshot_start = snapshots_a_round * k;
  row.snapshot = snapshots_a_round * k + 1;
  row.gradients = k + 6;
  row.hessian_vectors = k + 7;
  row.hessians = k + 8;
  return row;
}

/// Rows as long as the network is big in their round.
inline PursuitRecord pursuit_record(std::int64_t rounds) {
  PursuitRecord record;
  record.description = growing_description(rounds);
  for (std::int64_t k = 0; k < times_a_round * rounds; ++k) {
    record.times.push_back(time_row(k));
    record.times.back().test_loss = figure(110, k);
    record.times.back().neuron_norm = figures(9, k, k / times_a_round + 1);
  }
  for (std::int64_t k = 0; k < snapshots_a_round * rounds; ++k)
    record.snapshots.push_back(
        {0.5 * double(k), figures(10, k, parameters_a_neuron * (k / snapshots_a_round + 1))});
  for (std::int64_t k = 0; k < rounds; ++k) record.rounds.push_back(round_row(k));
  record.summary.numbers = {{"gradients", double(10 * rounds)}};
  return record;
}

inline bool same(const RoundRow& a, const RoundRow& b) {
  const auto members = [](const RoundRow& r) {
    return std::tie(r.loss_before, r.loss_start, r.loss_after, r.added_layer, r.added_neurons, r.value,
                    r.kkt_residual, r.basin_share, r.kind, r.gradient_norm, r.relative_gradient,
                    r.index_negative, r.index_zero_explained, r.index_zero_unexplained, r.index_positive,
                    r.eigenvalue_gap, r.lambda_min, r.neurons, r.active_neurons, r.next_value, r.test_loss,
                    r.test_error, r.flow_time, r.stop, r.first_time, r.snapshot_start, r.snapshot,
                    r.gradients, r.hessian_vectors, r.hessians);
  };
  return members(a) == members(b);
}

}  // namespace saddleflow::archive::sample
