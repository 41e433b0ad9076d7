#include "saddleflow/network/means_network.hpp"

namespace saddleflow {

const MeansNetwork* as_means(const Network& network) { return dynamic_cast<const MeansNetwork*>(&network); }

bool has_neuron_problem(const Network& network, Index k) {
  return as_means(network) != nullptr || network.neuron_function(k).has_value();
}

std::optional<NeuronProblem> neuron_problem(const Network& network, Index k, const Vector& w,
                                            const Matrix& inputs, const Matrix& residual) {
  if (const MeansNetwork* means = as_means(network)) return means->neuron_problem(w, inputs, residual);
  const std::optional<NeuronFunction> function = network.neuron_function(k);
  if (!function) return std::nullopt;
  return NeuronProblem{function->network, inputs(function->inputs, Eigen::all), residual};
}

}  // namespace saddleflow
