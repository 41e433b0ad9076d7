#include "saddleflow/flow/collapse.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace saddleflow {
namespace {

// What is left to happen to the direction of a neuron is then a thousandth of it.
constexpr Real kCollapsed = Real(1e-3);

}  // namespace

bool CollapseRule::applies_to(const Objective& objective) {
  const Network& network = objective.network();
  return objective.decay().least() > 0 && network.traits().homogeneous && network.degree() >= 2 &&
         !network.neurons().empty();
}

// |grad of the loss| / |lambda w| of these weights; they are zero and stay so: 0.
Real CollapseRule::growth_over_decay(const std::vector<Index>& weights, const Vector& w) const {
  const Vector& lambda = objective_.decay().coefficients();
  Real growth = 0, decay = 0;
  for (const Index i : weights) {
    growth = std::hypot(growth, gradient_[i] - lambda[i] * w[i]);
    decay = std::hypot(decay, lambda[i] * w[i]);
  }
  if (growth == 0) return 0;
  return decay > 0 ? growth / decay : std::numeric_limits<Real>::infinity();
}

bool CollapseRule::operator()(const Vector& w) {
  // Squares of such weights are no numbers any more, nor are outputs.
  if (w.squaredNorm() < std::numeric_limits<Real>::min()) return true;
  // Of degree 2 the loss is no smaller a part of the slopes at the origin than elsewhere.
  if (objective_.network().degree() == 2) return false;
  const Real at_origin = objective_.loss_at_origin();
  const Real loss = objective_.gradient(w, gradient_) - objective_.decay().value(w);
  if (!(std::abs(loss - at_origin) <= kCollapsed * std::abs(at_origin))) return false;
  return std::ranges::all_of(objective_.network().neurons(), [&](const Neuron& neuron) {
    return growth_over_decay(neuron.incoming, w) <= kCollapsed &&
           growth_over_decay(neuron.outgoing, w) <= kCollapsed;
  });
}

}  // namespace saddleflow
