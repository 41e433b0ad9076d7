#include "saddleflow/saddle/hidden_weights.hpp"

#include <span>

namespace saddleflow {

namespace {

std::span<const Neuron> neurons_of(const Network& network, int l) {
  const std::vector<Neuron>& all = network.neurons();
  std::size_t first = 0, end = all.size();
  while (first < end && all[first].layer < l) ++first;
  while (end > first && all[end - 1].layer > l) --end;
  return {all.data() + first, end - first};
}

}  // namespace

HiddenWeights hidden_weights(const Network& network, const Vector& w, int l) {
  const std::span<const Neuron> neurons = neurons_of(network, l);
  const auto width = static_cast<Index>(neurons.size());
  HiddenWeights weights;
  weights.incoming.resize(width, std::ssize(neurons.front().incoming));
  weights.outgoing.resize(std::ssize(neurons.front().outgoing), width);
  for (Index k = 0; k < width; ++k) {
    weights.incoming.row(k) = w(neurons[static_cast<std::size_t>(k)].incoming).transpose();
    weights.outgoing.col(k) = w(neurons[static_cast<std::size_t>(k)].outgoing);
  }
  return weights;
}

void set_hidden_weights(const Network& network, int l, const HiddenWeights& weights, Vector& w) {
  const std::span<const Neuron> neurons = neurons_of(network, l);
  for (Index k = 0; k < std::ssize(neurons); ++k) {
    w(neurons[static_cast<std::size_t>(k)].incoming) = weights.incoming.row(k).transpose();
    w(neurons[static_cast<std::size_t>(k)].outgoing) = weights.outgoing.col(k);
  }
}

}  // namespace saddleflow
