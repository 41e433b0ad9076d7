// Mode changes of the example run, as those of a ReLU network with samples on the circle would look.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "example_run.hpp"

namespace saddleflow::report {

namespace {

constexpr int samples = 8;

/// Pre-activation of a first-layer neuron at a sample.
double pre_activation(const RunData& run, const Snapshot& snapshot, std::size_t neuron, int sample) {
  const std::size_t neurons = run.neurons.size();
  const double angle = 0.2 + 2 * std::numbers::pi * sample / samples;
  return snapshot.weights[neuron] * std::cos(angle) + snapshot.weights[neurons + neuron] * std::sin(angle);
}

/// Every third change is a slide instead, for as long as a seventh of its time.
void add_change(RunData& run, double time, std::size_t neuron, int sample, int side) {
  archive::ModeChangeRow row{time, 0, static_cast<std::int64_t>(neuron), sample, ModeChangeKind::cross, side};
  if ((neuron + static_cast<std::size_t>(sample)) % 3 == 0) {
    archive::ModeChangeRow later = row;
    later.time = std::min(time * 8 / 7, run.time.back());
    later.kind = ModeChangeKind::release;
    run.mode_changes.push_back(later);
    row.kind = ModeChangeKind::enter;
    row.side = 0;
  }
  run.mode_changes.push_back(row);
}

void count_modes(RunData& run) {
  for (std::size_t i = 0; i < run.time.size(); ++i) {
    double sliding = 0;
    for (const archive::ModeChangeRow& change : run.mode_changes) {
      if (change.time > run.time[i]) continue;
      sliding += change.kind == ModeChangeKind::enter ? 1 : change.kind == ModeChangeKind::release ? -1 : 0;
    }
    run.sliding_count.push_back(sliding);
    run.dead_neurons.push_back(run.time[i] > 900 ? 2 : run.time[i] > 300 ? 1 : 0);
  }
}

}  // namespace

void add_example_modes(RunData& run) {
  run.slope = 0;
  run.power = 1;
  run.degree = 2;
  run.has_mode_changes = true;
  run.counters.emplace_back("sampled_decisions", "2");
  run.counters.emplace_back("branchings", "1");
  for (std::size_t i = 1; i < run.snapshots.size(); ++i)
    for (std::size_t k = 0; k < run.neurons.size(); ++k)
      for (int sample = 0; sample < samples; ++sample) {
        const Snapshot &before = run.snapshots[i - 1], &after = run.snapshots[i];
        const double from = pre_activation(run, before, k, sample),
                     to = pre_activation(run, after, k, sample);
        if ((from > 0) == (to > 0)) continue;
        const double share = from / (from - to);
        add_change(run, before.time + share * (after.time - before.time), k, sample, to > 0 ? 1 : -1);
      }
  std::stable_sort(run.mode_changes.begin(), run.mode_changes.end(),
                   [](const auto& a, const auto& b) { return a.time < b.time; });
  count_modes(run);
}

}  // namespace saddleflow::report
