#include "saddleflow/saddle/inactive_neurons.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace saddleflow {

namespace {

// Neurons below this times the largest are inactive whatever the others are: the gap above them, the widest
// of all, must not hide another.
constexpr Real kRounding = Real(1e-10);

}  // namespace

Vector neuron_norms(const Network& network, const Vector& w) {
  const std::vector<Neuron>& neurons = network.neurons();
  Vector norms(static_cast<Index>(neurons.size()));
  for (std::size_t k = 0; k < neurons.size(); ++k)
    norms[static_cast<Index>(k)] =
        std::hypot(w(neurons[k].incoming).stableNorm(), w(neurons[k].outgoing).stableNorm());
  return norms;
}

InactiveNeurons find_inactive(const Network& network, const Vector& w, Real least) {
  const Vector norms = neuron_norms(network, w);
  std::vector<Index> order(static_cast<std::size_t>(norms.size()));
  std::iota(order.begin(), order.end(), Index(0));
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return norms[a] < norms[b]; });
  InactiveNeurons result;
  std::size_t count = 0;
  bool only_rounding = true;
  for (std::size_t k = 0; k + 1 < order.size(); ++k) {
    const Real below = norms[order[k]], above = norms[order[k + 1]];
    if (!(above > 0)) continue;
    const bool rounding = below <= kRounding * norms.maxCoeff();
    const bool wide = above / below >= (only_rounding ? least : std::max(least, result.gap));
    if (!rounding && !wide) continue;
    count = k + 1;
    only_rounding = rounding;
    result.gap = below > 0 ? above / below : std::numeric_limits<Real>::infinity();
    result.threshold = below > 0 ? std::sqrt(below) * std::sqrt(above) : above / 2;
  }
  result.neurons.assign(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count));
  std::sort(result.neurons.begin(), result.neurons.end());
  return result;
}

std::vector<Index> parameters_of(const Network& network, const std::vector<Index>& neurons) {
  std::vector<Index> parameters;
  for (const Index k : neurons) {
    const Neuron& neuron = network.neurons()[static_cast<std::size_t>(k)];
    for (const auto* side : {&neuron.incoming, &neuron.outgoing})
      parameters.insert(parameters.end(), side->begin(), side->end());
  }
  std::sort(parameters.begin(), parameters.end());
  parameters.erase(std::unique(parameters.begin(), parameters.end()), parameters.end());
  return parameters;
}

Vector put_to_zero(const Network& network, Vector w, const std::vector<Index>& neurons) {
  for (const Index i : parameters_of(network, neurons)) w[i] = 0;
  return w;
}

}  // namespace saddleflow
