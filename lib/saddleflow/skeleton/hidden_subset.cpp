#include "saddleflow/skeleton/hidden_subset.hpp"

#include <fmt/format.h>

#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/correlation/separable.hpp"

namespace saddleflow {

namespace {

/// Of every hidden layer the numbers within it.
std::vector<std::vector<Index>> by_layer(const Network& network, const std::vector<Index>& neurons) {
  const auto count = static_cast<Index>(network.neurons().size());
  if (count == 0) throw InputError("subset of hidden neurons: found " + network.kind() + " without any");
  std::vector<std::vector<Index>> kept(static_cast<std::size_t>(network.neurons().back().layer) + 1);
  for (const Index k : neurons) {
    if (k < 0 || k >= count)
      throw InputError(fmt::format("subset: found neuron {}, expected 0 to {}", k, count - 1));
    const Neuron& neuron = network.neurons()[static_cast<std::size_t>(k)];
    kept[static_cast<std::size_t>(neuron.layer)].push_back(neuron.index);
  }
  for (std::size_t l = 0; l < kept.size(); ++l)
    if (kept[l].empty())
      throw InputError(fmt::format("subset: no neuron of hidden layer {}, expected one at least", l + 1));
  return kept;
}

}  // namespace

Vector HiddenSubset::embed(const Vector& part, Index size) const {
  Vector whole = Vector::Zero(size);
  whole(parameters) = part;
  return whole;
}

HiddenSubset hidden_subset(const Network& network, const std::vector<Index>& neurons) {
  SubNetwork part = network.sub_network(by_layer(network, neurons));
  return {std::move(part.network), std::move(part.parameters)};
}

std::unique_ptr<Objective> one_neuron_problem(const Objective& objective, const Matrix& residual) {
  Dataset data;
  data.inputs = objective.data().inputs;
  data.targets = residual;
  data.origin = "residual";
  return std::make_unique<Objective>(objective.network().with_hidden_widths({1}), std::move(data), Loss());
}

}  // namespace saddleflow
