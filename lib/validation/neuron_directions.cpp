#include <algorithm>
#include <cmath>
#include <set>

#include "saddleflow/correlation/separable.hpp"
#include "validation/early_direction.hpp"
#include "validation/small_start.hpp"

namespace saddleflow::claims {

namespace {

// Of the search for the limits of one neuron, whose basins are few; those that it misses are added as they
// are met.
constexpr Index kStartsOfNeuron = 16;

/// One neuron alone: its start and where its own NCF flow goes.
struct Fate {
  Vector start;
  LimitDirection limit;
};

Real error_of(const Fate& fate, const Vector& now, Real delta) {
  if (fate.limit.collapses()) return now.stableNorm() / (delta * fate.start.norm());
  return (now.stableNormalized() - fate.limit.flow.direction).norm();
}

/// The fates of all neurons, with the time at which all are within `accuracy`.
std::vector<Fate> find_fates(Problem& problem, const Vector& u0, Real accuracy, NeuronDirections& out) {
  KktSearchOptions search;
  search.starts = kStartsOfNeuron;
  search.interrupt = problem.interrupt;
  const SeparableAnalysis analysis = analyse_neurons(problem.objective, u0, search);
  const Objective alone(analysis.neuron, problem.objective.data(), problem.objective.loss());
  Correlation correlation(alone);
  std::vector<Fate> fates;
  std::set<Index> limits;
  for (Index k = 0; k < static_cast<Index>(analysis.fates.size()); ++k) {
    Fate fate{neuron_weights(problem.network(), u0, k), {}};
    fate.limit = find_limit(correlation, fate.start);
    const auto time = settling_time(correlation, fate.start, fate.limit, accuracy);
    const NeuronFate& known = analysis.fates[static_cast<std::size_t>(k)];
    if (!time || known.unresolved) ++out.unresolved;
    if (fate.limit.collapses()) ++out.collapsing;
    if (fate.limit.stands()) ++out.standing;
    if (known.limit >= 0) limits.insert(known.limit);
    if (!fate.limit.stands()) out.time = std::max(out.time, time.value_or(Real(0)));
    fates.push_back(std::move(fate));
  }
  if (out.time == 0) out.time = 1;  // all stand
  out.neurons = static_cast<Index>(fates.size());
  out.limits = static_cast<Index>(limits.size());
  return fates;
}

}  // namespace

NeuronDirections follow_neurons(Problem& problem, const Vector& u0, Real accuracy) {
  NeuronDirections out;
  const std::vector<Fate> fates = find_fates(problem, u0, accuracy, out);
  for (const Real delta : problem.deltas) {
    problem.check_interrupt();
    const SmallRun run = follow_flow(problem, u0, std::log(delta), {out.time});
    Index within = 0;
    Real largest = 0;
    for (std::size_t k = 0; k < fates.size() && !run.samples.empty(); ++k) {
      const Vector now =
          neuron_weights(problem.network(), run.samples.front().weights(), static_cast<Index>(k));
      const Real error = error_of(fates[k], now, delta);
      largest = std::max(largest, error);
      if (error <= kReachedAccuracy * accuracy) ++within;
    }
    if (!run.samples.empty()) out.norm = std::exp(run.samples.front().log_norm);
    out.within.push_back(within);
    out.largest.push_back(largest);
  }
  return out;
}

}  // namespace saddleflow::claims
