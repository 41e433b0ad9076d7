#include "saddleflow/pursuit/hidden_subset.hpp"

#include <fmt/format.h>

#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/correlation/separable.hpp"

namespace saddleflow {

Vector HiddenSubset::embed(const Vector& part, Index size) const {
  Vector whole = Vector::Zero(size);
  whole(parameters) = part;
  return whole;
}

HiddenSubset hidden_subset(const Network& network, const std::vector<Index>& neurons) {
  const auto count = static_cast<Index>(network.neurons().size());
  if (!is_separable(network) || neurons.empty())
    throw InputError(fmt::format("subset of {} hidden neurons of {}: expected one hidden layer and a neuron",
                                 neurons.size(), network.kind()));
  for (const Index k : neurons)
    if (k < 0 || k >= count)
      throw InputError(fmt::format("subset: found neuron {}, expected 0 to {}", k, count - 1));
  const auto neuron = [&](Index k) -> const Neuron& {
    return network.neurons()[static_cast<std::size_t>(k)];
  };
  HiddenSubset subset;
  const auto width = static_cast<Index>(neurons.size());
  const bool outer = network.kind() == "feed_forward";
  subset.network =
      outer ? feed_forward({network.input_count(), width, network.output_count()}, network.activation())
            : power_sum(network.input_count(), width, network.activation());
  for (std::size_t j = 0; j < neuron(neurons[0]).incoming.size(); ++j)
    for (const Index k : neurons) subset.parameters.push_back(neuron(k).incoming[j]);
  for (const Index k : neurons)
    for (const Index i : neuron(k).outgoing) subset.parameters.push_back(i);
  return subset;
}

std::unique_ptr<Objective> one_neuron_problem(const Objective& objective, const Matrix& residual) {
  Dataset data;
  data.inputs = objective.data().inputs;
  data.targets = residual;
  data.origin = "residual";
  return std::make_unique<Objective>(hidden_subset(objective.network(), {0}).network, std::move(data),
                                     Loss());
}

}  // namespace saddleflow
