// The discrete symmetries of a network: order and signs of its hidden neurons.
#pragma once

#include <vector>

#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// Per position the neuron of the same layer that is put there, and the sign it gets.
struct LayerOrder {
  std::vector<Index> source;
  std::vector<Real> sign;
};

/// Permutations and signs of the hidden neurons, layer by layer. Diagonal linear networks have signs only:
/// each of their neurons has its own input.
class NeuronSymmetry {
 public:
  explicit NeuronSymmetry(const Network& network);

  int layer_count() const { return static_cast<int>(layers_.size()); }
  /// In the order of their index.
  const std::vector<Neuron>& layer(int l) const { return layers_[static_cast<std::size_t>(l)]; }
  Index width(int l) const { return static_cast<Index>(layer(l).size()); }
  SignSymmetry sign() const { return sign_; }
  bool permutes() const { return permutes_; }

  /// Position k gets neuron source[k] of the same layer, its weights times the sign as the symmetry has it.
  void apply(int l, const LayerOrder& order, Vector& u) const;
  /// Incoming (outgoing) weights of a layer, one row a neuron.
  Matrix incoming(int l, const Vector& u) const;
  Matrix outgoing(int l, const Vector& u) const;

 private:
  std::vector<std::vector<Neuron>> layers_;
  SignSymmetry sign_;
  bool permutes_;
};

}  // namespace saddleflow
