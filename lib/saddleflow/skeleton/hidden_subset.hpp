// Some hidden neurons as a network of their own.
#pragma once

#include <memory>
#include <vector>

#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

/// w(parameters) of the whole network is a weight vector of `network`.
struct HiddenSubset {
  std::shared_ptr<const Network> network;
  std::vector<Index> parameters;

  Vector take(const Vector& whole) const { return whole(parameters); }
  /// Zero elsewhere.
  Vector embed(const Vector& part, Index size) const;
};

/// By Network::sub_network(); `neurons` are numbers in Network::neurons(), in the order they have in their
/// layers of the subset. InputError for networks that have none, numbers out of range, a layer without
/// neurons.
HiddenSubset hidden_subset(const Network& network, const std::vector<Index>& neurons);

/// One hidden layer (is_separable()): the network of one such neuron on the same inputs, with targets whose
/// -l'(0, y) is `residual` (outputs x n): its NCF at the origin is that of an inactive neuron beside a point
/// with this residual (THEORY.md, section 4).
std::unique_ptr<Objective> one_neuron_problem(const Objective& objective, const Matrix& residual);

}  // namespace saddleflow
