#include <algorithm>
#include <cmath>

#include "example_run.hpp"

namespace saddleflow::report {

namespace {

using archive::CriticalPointRow;
using archive::SaddleRecord;

constexpr int mode_count = 3;

/// The run's last weights with only the neurons of the first `learnt` modes active.
std::vector<double> with_modes(const RunData& run, int learnt) {
  std::vector<double> weights = run.snapshots.back().weights;
  for (std::size_t p = 0; p < weights.size(); ++p) {
    const ParameterPlace& place = run.parameters[p];
    const std::int64_t neuron = place.layer == 0 ? place.row : place.column;
    if (neuron % mode_count >= learnt) weights[p] = 0;
  }
  return weights;
}

CriticalPointRow critical_point(const RunData& run, int learnt, double loss) {
  const auto neurons = static_cast<std::int64_t>(run.neurons.size());
  CriticalPointRow row;
  row.point = with_modes(run, learnt);
  row.kind = learnt == 0 ? 0 : learnt == mode_count ? 2 : 1;
  row.loss = loss;
  row.gradient_norm = 1e-16;
  row.relative_gradient = 3e-17;
  for (std::int64_t k = 0; k < neurons; ++k) row.zero_neuron.push_back(k % mode_count >= learnt ? 1 : 0);
  const std::int64_t active = std::count(row.zero_neuron.begin(), row.zero_neuron.end(), 0);
  row.active_neurons = {active, -1};
  row.index_negative = learnt > 0 && learnt < mode_count ? mode_count - learnt : 0;
  row.explained_rescaling = active;
  row.explained_zero_neurons = (neurons - active) * 3 - row.index_negative;
  row.explained_linear_layers = row.explained_dead_neurons = 0;
  row.index_zero_explained = row.explained_rescaling + row.explained_zero_neurons;
  row.index_zero_unexplained = learnt == 2 ? 1 : 0;
  row.index_positive = static_cast<std::int64_t>(run.parameters.size()) - row.index_negative -
                       row.index_zero_explained - row.index_zero_unexplained;
  row.eigenvalue_gap = 3e7;
  row.eigenvalues.assign(run.parameters.size(), -0.2 * static_cast<double>(row.index_negative));
  row.inactive_threshold = 1e-3;
  row.inactive_gap = 210;
  row.visits = learnt > 0 ? 1 : 0;
  return row;
}

archive::VisitRow visit(const RunData& run, std::int64_t k) {
  const std::vector<double> leaving = with_modes(run, static_cast<int>(k) + 2);
  archive::VisitRow row;
  row.critical_point = k + 1;
  row.closest_distance = 1e-4 * static_cast<double>(k + 1);
  row.index_zero_explained = 40;
  row.index_zero_unexplained = k;
  row.eigenvalue_gap = 3e7;
  row.active_neurons = {7 * (k + 1), -1};
  row.escape_direction = leaving;
  row.escape = k + 1;
  row.exit_overlap = 0.99987;
  row.predicted_layer = row.left_layer = 0;
  row.predicted_neuron = row.left_neuron = k + 1;
  row.predicted_leave_time = run.saddles[static_cast<std::size_t>(k)].leave_time - 3;
  row.pattern_preserved = k == 0 ? -1 : 1;
  row.small_norm = 1e-4;
  row.small_alignment = 0.9998;
  row.kept_drift = 1e-7;
  return row;
}

}  // namespace

void add_example_saddles(RunData& run) {
  SaddleRecord& record = run.saddle_record;
  run.has_saddle_record = true;
  record.catalogue.push_back(critical_point(run, 0, run.loss.front()));
  for (int m = 1; m < mode_count; ++m)
    record.catalogue.push_back(critical_point(run, m, run.saddles[static_cast<std::size_t>(m - 1)].loss));
  record.catalogue.push_back(critical_point(run, mode_count, 0));
  // Known from an unstable manifold alone: the modes learnt in another order.
  CriticalPointRow other = critical_point(run, 1, 0.7 * record.catalogue[0].loss);
  other.visits = 0;
  record.catalogue.push_back(other);
  for (std::int64_t point = 0; point < 3; ++point) {
    archive::EscapeRow escape;
    escape.critical_point = point;
    escape.kind = static_cast<int>(point % 2);
    escape.value = 0.3 - 0.1 * static_cast<double>(point);
    escape.degree = point == 0 ? 3 : 2;
    escape.layer = point % 2 - 1;
    escape.neuron = point % 2 == 1 ? point : -1;
    escape.direction = with_modes(run, static_cast<int>(point) + 1);
    escape.to_plus = point + 1;
    record.escapes.push_back(escape);
  }
  for (std::size_t k = 0; k < run.saddles.size(); ++k)
    record.visits.push_back(visit(run, static_cast<std::int64_t>(k)));
  record.transitions = {{0, 1, 17, 0}, {0, 4, 0, 0},  {1, 2, 16, 1},
                        {1, 3, 1, -1}, {4, 2, 0, -1}, {2, 3, 16, 2}};
  record.runs = {run.file};
  record.counts = {{"hessians", 21}, {"refined", 5}};
}

RunData without_trajectory(RunData run) {
  for (Column* c : {&run.time, &run.step, &run.loss, &run.gradient_norm, &run.weight_norm, &run.step_size,
                    &run.proximity, &run.balance_drift, &run.energy_drift, &run.stepper})
    c->clear();
  run.layer_norm.clear();
  run.neuron_norm.clear();
  run.snapshots.clear();
  run.events.clear();
  run.alignment = {};
  run.run_point = -1;
  run.stop_reason = "search_ended";
  return run;
}

}  // namespace saddleflow::report
