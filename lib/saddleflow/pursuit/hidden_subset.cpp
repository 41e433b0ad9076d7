#include "saddleflow/pursuit/hidden_subset.hpp"

#include <fmt/format.h>

#include <numeric>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/correlation/separable.hpp"

namespace saddleflow {

namespace {

/// Of every hidden layer the numbers within it.
using Layers = std::vector<std::vector<Index>>;

std::vector<Index> all(Index count) {
  std::vector<Index> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), Index(0));
  return numbers;
}

Layers by_layer(const Network& network, const std::vector<Index>& neurons) {
  const auto count = static_cast<Index>(network.neurons().size());
  if (count == 0 || network.kind() == "diagonal_linear")
    throw InputError("subset of hidden neurons: found " + network.kind() + " without any");
  Layers kept(static_cast<std::size_t>(network.neurons().back().layer) + 1);
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

std::shared_ptr<const Network> network_of(const Network& whole, const Layers& kept) {
  if (whole.kind() == "power_sum")
    return power_sum(whole.input_count(), static_cast<Index>(kept[0].size()), whole.activation());
  std::vector<Index> sizes{whole.input_count()};
  for (const std::vector<Index>& layer : kept) sizes.push_back(static_cast<Index>(layer.size()));
  sizes.push_back(whole.output_count());
  return feed_forward(sizes, whole.activation());
}

}  // namespace

Vector HiddenSubset::embed(const Vector& part, Index size) const {
  Vector whole = Vector::Zero(size);
  whole(parameters) = part;
  return whole;
}

HiddenSubset hidden_subset(const Network& network, const std::vector<Index>& neurons) {
  const Layers kept = by_layer(network, neurons);
  HiddenSubset subset;
  subset.network = network_of(network, kept);
  const Layout& layout = network.layout();
  for (int l = 0; l < layout.layer_count(); ++l) {
    const LayerShape& shape = layout.layer(l);
    const auto at = static_cast<std::size_t>(l);
    const std::vector<Index> rows = at < kept.size() ? kept[at] : all(shape.rows);
    for (const Index column : l > 0 ? kept[at - 1] : all(shape.cols))
      for (const Index row : rows) subset.parameters.push_back(shape.offset + column * shape.rows + row);
  }
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
