#include "saddleflow/network/effective_width.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "saddleflow/base/decompositions.hpp"

namespace saddleflow {
namespace {

/// The neurons of one hidden layer, a column each; in units of the largest of them.
struct WidthLayer {
  Matrix incoming, outgoing;
  Vector norms;
  bool ends() const { return outgoing.rows() == 0; }
};

using Neurons = std::vector<const Neuron*>;

Matrix gathered(const Neurons& neurons, std::vector<Index> Neuron::*side, const Vector& w) {
  const auto count = static_cast<Index>(neurons.size());
  Matrix columns(static_cast<Index>((neurons.front()->*side).size()), count);
  for (Index k = 0; k < count; ++k) columns.col(k) = w(neurons[static_cast<std::size_t>(k)]->*side);
  return columns;
}

// In units of the largest weight, squares neither underflow nor overflow.
WidthLayer width_layer(const Neurons& neurons, const Vector& w) {
  WidthLayer layer{gathered(neurons, &Neuron::incoming, w), gathered(neurons, &Neuron::outgoing, w), {}};
  Real largest = 0;
  for (const Matrix* side : {&layer.incoming, &layer.outgoing})
    if (side->size() > 0) largest = std::max(largest, side->cwiseAbs().maxCoeff());
  if (largest > 0) {
    layer.incoming /= largest;
    layer.outgoing /= largest;
  }
  layer.norms = (layer.incoming.colwise().squaredNorm() + layer.outgoing.colwise().squaredNorm()).cwiseSqrt();
  return layer;
}

/// Those that are not negligible, from the largest to the smallest.
std::vector<Index> counted_neurons(const Network& network, const WidthLayer& layer) {
  const int factors = network.activation().power() + (layer.ends() ? 0 : 1);
  const Real least = std::pow(kNegligibleShare, Real(1) / Real(factors)) * layer.norms.maxCoeff();
  std::vector<Index> counted;
  for (Index k = 0; k < layer.norms.size(); ++k)
    if (layer.norms[k] > 0 && layer.norms[k] >= least) counted.push_back(k);
  std::ranges::stable_sort(counted, [&](Index a, Index b) { return layer.norms[a] > layer.norms[b]; });
  return counted;
}

std::int64_t ray_count(const Network& network, const WidthLayer& layer) {
  const bool even = network.traits().sign == SignSymmetry::incoming;
  std::vector<Vector> rays;
  for (const Index k : counted_neurons(network, layer)) {
    const Real length = layer.incoming.col(k).stableNorm();
    if (!(length > 0)) continue;  // its pre-activation is zero: it adds nothing
    const Vector ray = layer.incoming.col(k) / length;
    const auto is_same = [&](const Vector& other) {
      return (ray - other).norm() < kOneRay || (even && (ray + other).norm() < kOneRay);
    };
    if (std::ranges::none_of(rays, is_same)) rays.push_back(ray);
  }
  return std::ssize(rays);
}

std::int64_t rank_through(const Network& network, const WidthLayer& layer) {
  const Vector values =
      singular_values(layer.ends() ? layer.incoming : Matrix(layer.outgoing * layer.incoming.transpose()));
  const Real factors = layer.ends() ? 1 : 2;
  const Real least = std::pow(kNegligibleShare, factors / Real(network.degree())) * values[0];
  return std::ranges::count_if(values, [&](Real value) { return value > 0 && value >= least; });
}

std::int64_t width_of(const Network& network, const WidthLayer& layer, WidthKind kind) {
  switch (kind) {
    case WidthKind::rank:
      return rank_through(network, layer);
    case WidthKind::rays:
      return ray_count(network, layer);
    case WidthKind::neurons:
      break;
  }
  return std::ssize(counted_neurons(network, layer));
}

}  // namespace

WidthKind width_kind(const Network& network) {
  const NetworkTraits traits = network.traits();
  if (traits.rotates()) return WidthKind::rank;
  const bool one_by_one = traits.permutable() && network.activation().power() == 1;
  return one_by_one ? WidthKind::rays : WidthKind::neurons;
}

std::vector<std::int64_t> effective_widths(const Network& network, const Vector& w) {
  std::vector<std::int64_t> widths(static_cast<std::size_t>(network.hidden_layer_count()), -1);
  if (!w.allFinite()) return widths;
  const WidthKind kind = width_kind(network);
  for (std::size_t l = 0; l < widths.size(); ++l) {
    Neurons layer;
    for (const Neuron& neuron : network.neurons())
      if (std::cmp_equal(neuron.layer, l)) layer.push_back(&neuron);
    widths[l] = width_of(network, width_layer(layer, w), kind);
  }
  return widths;
}

}  // namespace saddleflow
