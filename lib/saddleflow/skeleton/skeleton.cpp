#include "saddleflow/skeleton/skeleton.hpp"

#include <fmt/format.h>

#include <cmath>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/interruption.hpp"
#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/skeleton/skeleton_parts.hpp"

namespace saddleflow {

Matrix residual_at(Objective& objective, const Vector& w) {
  Matrix residual;
  objective.loss().derivative(objective.outputs(w), objective.data().targets, residual);
  return -residual;
}

void complete_jump(Objective& objective, const SkeletonOptions& options, SkeletonJump& jump,
                   WorkCounters& work) {
  objective.clear_mode();
  jump.loss = objective.value(jump.weights);
  jump.outputs = objective.outputs(jump.weights);
  if (!options.analyse) return;
  jump.point = analyse_critical_point(objective, jump.weights, options.analysis);
  work = work + jump.point->work;
}

Skeleton compute_skeleton(Objective& objective, const Vector& direction, const SkeletonOptions& options) {
  const Network& network = objective.network();
  if (direction.size() != objective.size() || !direction.allFinite() || direction.isZero(0))
    throw InputError(
        fmt::format("skeleton: expected a direction of {} finite numbers, not all zero", objective.size()));
  const InterruptScope scope(options.interrupt);
  const SkeletonKind kind = network.traits().skeleton;
  if (kind == SkeletonKind::coordinates) return diagonal_skeleton(objective, direction, options);
  if (kind != SkeletonKind::neurons)
    throw InputError(
        fmt::format("network: found {}, whose skeleton is not known (trait skeleton)", network.kind()));
  if (network.neurons().empty() || network.degree() < 2)
    throw InputError(
        fmt::format("network: found {} of degree {} with {} hidden neurons, expected degree 2 at "
                    "least and a hidden layer, or diagonal_linear",
                    network.kind(), network.degree(), network.neurons().size()));
  if (!is_separable(network) && network.traits().kinked())
    throw InputError(
        fmt::format("network: found {} layers of weights with kinks (power 1, slope {}), expected power 2 at "
                    "least, slope 1 or one hidden layer: the skeleton of other networks is not known",
                    network.layout().layer_count(), static_cast<double>(network.activation().slope())));
  return neuron_skeleton(objective, direction, options);
}

int later_degree_of(const Network& network) {
  const bool deep = network.hidden_layer_count() > 1;
  if (!deep || network.neurons().empty() || network.traits().mixes()) return network.degree();
  return network.activation().power() + 1;
}

Real flow_time_of(int degree, Real slow_time, Real log_delta) {
  return degree == 2 ? -slow_time * log_delta
                     : slow_time * std::exp(static_cast<Real>(2 - degree) * log_delta);
}

Real slow_time_of(int degree, Real flow_time, Real log_delta) {
  return degree == 2 ? -flow_time / log_delta
                     : flow_time * std::exp(static_cast<Real>(degree - 2) * log_delta);
}

}  // namespace saddleflow
