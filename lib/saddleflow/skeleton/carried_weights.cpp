#include "saddleflow/skeleton/carried_weights.hpp"

#include "saddleflow/base/error.hpp"
#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/saddle/inactive_neurons.hpp"
#include "saddleflow/skeleton/hidden_subset.hpp"

namespace saddleflow {

namespace {

// Products of two of these, and what they grow by during a jump, are far from 1 and from underflow.
constexpr Real kRider = Real(1e-100), kUnresolvedRider = Real(1e-200);
// The residual has come to rest where this part of the fall is left: a thousandth of the way of the weights.
constexpr Real kFallLeft = Real(1e-6);

/// Neurons that are active or ride along, ascending; the others have no weights.
HiddenSubset moving(const Network& network, const Vector& w) {
  std::vector<Index> neurons;
  for (Index k = 0; k < static_cast<Index>(network.neurons().size()); ++k)
    if (!neuron_weights(network, w, k).isZero(0)) neurons.push_back(k);
  return hidden_subset(network, neurons);
}

}  // namespace

CarriedWeights carried_weights(const Objective& whole, const Vector& start, Real loss, const Vector& riders,
                               const SkeletonOptions& options) {
  const Vector w = start + kRider * riders;
  const HiddenSubset subset = moving(whole.network(), w);
  Objective problem(subset.network, whole.data(), whole.loss());
  const Real from = problem.value(subset.take(w));
  FlowAssemblyOptions assembly;
  assembly.charts = FlowAssemblyOptions::Charts::cartesian;
  assembly.rtol = options.minimise.rtol;
  assembly.floor = kUnresolvedRider;
  assembly.events = no_flow_events();
  assembly.events.levels.push_back({.quantity = "loss",
                                    .value = loss + kFallLeft * (from - loss),
                                    .direction = Direction::falling,
                                    .terminal = true});
  FlowAssembly parts(problem, subset.take(w), assembly);
  IntegrationOptions integration;
  integration.t_end = options.minimise.t_end;
  integration.max_steps = options.minimise.max_steps;
  integration.interrupt = options.interrupt;
  Observer nobody;
  const Outcome outcome = parts.run(nobody, integration);
  if (outcome.failed()) throw NumericalError("skeleton: weights carried along a jump: " + outcome.message);
  const Vector end = subset.embed(parts.weights(outcome.state), whole.size());
  std::vector<Index> inactive;
  for (Index k = 0; k < static_cast<Index>(whole.network().neurons().size()); ++k)
    if (neuron_weights(whole.network(), start, k).isZero(0)) inactive.push_back(k);
  CarriedWeights result{put_to_zero(whole.network(), end, inactive), Vector()};
  result.riders = (end - result.active) / kRider;
  return result;
}

}  // namespace saddleflow
