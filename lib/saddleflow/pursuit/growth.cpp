#include "saddleflow/pursuit/growth.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

void require_growing(const Network& network) {
  if (!can_grow(network))
    throw InputError("network.kind: found " + network.kind() +
                     ", expected a network that grows neuron by neuron (trait growable): feed_forward with a "
                     "hidden layer");
}

void put(const Network& network, Vector& w, Index number, const NewNeuron& neuron, Real scale) {
  const Neuron& place = network.neurons()[static_cast<std::size_t>(number)];
  const auto fits = [](const Vector& given, const std::vector<Index>& places) {
    return given.size() <= static_cast<Index>(places.size());
  };
  if (!fits(neuron.incoming, place.incoming) || !fits(neuron.outgoing, place.outgoing))
    throw InputError(
        fmt::format("new neuron in hidden layer {}: found {} incoming and {} outgoing weights, "
                    "expected {} and {}",
                    neuron.layer + 1, neuron.incoming.size(), neuron.outgoing.size(), place.incoming.size(),
                    place.outgoing.size()));
  for (Index i = 0; i < neuron.incoming.size(); ++i)
    w[place.incoming[static_cast<std::size_t>(i)]] = scale * neuron.incoming[i];
  for (Index i = 0; i < neuron.outgoing.size(); ++i)
    w[place.outgoing[static_cast<std::size_t>(i)]] = scale * neuron.outgoing[i];
}

}  // namespace

bool can_grow(const Network& network) { return network.traits().growable; }

std::shared_ptr<const Network> with_widths(const Network& network, const std::vector<Index>& widths) {
  require_growing(network);
  return network.with_hidden_widths(widths);
}

Vector carried_over(const Network& from, const Vector& w, const Network& to) {
  Vector result = Vector::Zero(to.parameter_count());
  for (int l = 0; l < from.layout().layer_count(); ++l) {
    const LayerShape& small = from.layout().layer(l);
    const LayerShape& wide = to.layout().layer(l);
    if (small.rows > wide.rows || small.cols > wide.cols)
      throw InputError(
          fmt::format("weights of layer {}: found {} x {}, more than the {} x {} there is room for", l,
                      small.rows, small.cols, wide.rows, wide.cols));
    to.layout().matrix(result, l).topLeftCorner(small.rows, small.cols) = from.layout().matrix(w, l);
  }
  return result;
}

Grown append_neurons(const Network& network, const Vector& w, const std::vector<NewNeuron>& neurons,
                     Real scale) {
  require_growing(network);
  std::vector<Index> widths = hidden_widths(network);
  std::vector<Index> next = widths;
  for (const NewNeuron& neuron : neurons) {
    if (neuron.layer < 0 || neuron.layer >= static_cast<int>(widths.size()))
      throw InputError(fmt::format("new neuron: found hidden layer {}, expected 1 to {}", neuron.layer + 1,
                                   widths.size()));
    ++widths[static_cast<std::size_t>(neuron.layer)];
  }
  Grown grown;
  grown.network = with_widths(network, widths);
  grown.weights = carried_over(network, w, *grown.network);
  for (const NewNeuron& neuron : neurons) {
    Index number = next[static_cast<std::size_t>(neuron.layer)]++;
    for (int l = 0; l < neuron.layer; ++l) number += widths[static_cast<std::size_t>(l)];
    put(*grown.network, grown.weights, number, neuron, scale);
  }
  return grown;
}

}  // namespace saddleflow
