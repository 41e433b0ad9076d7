// Networks that grow: more neurons in a hidden layer, appended behind those that are there.
#pragma once

#include <memory>
#include <vector>

#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// Whether a network can be grown neuron by neuron (NetworkTraits::growable): feed_forward with a hidden
/// layer.
bool can_grow(const Network& network);

/// The network of the same family, inputs, outputs and activation with these hidden widths. InputError unless
/// can_grow(), the number of hidden layers is the same, and all are at least 1.
std::shared_ptr<const Network> with_widths(const Network& network, const std::vector<Index>& widths);

/// The weights w of `from` in the wider network `to`: the same neurons come first, the weights of the others
/// are zero. InputError where `to` is narrower in a layer.
Vector carried_over(const Network& from, const Vector& w, const Network& to);

/// A neuron to be: (a, b), with ||a||^2 + ||b||^2 = 1 where it comes from a search.
struct NewNeuron {
  int layer = 0;    ///< hidden layer, from 0
  Vector incoming;  ///< a, one weight per neuron of the layer below (or input)
  Vector outgoing;  ///< b, one weight per neuron of the layer above (or output)
};

/// What appending neurons to a network comes to.
struct Grown {
  std::shared_ptr<const Network> network;
  Vector weights;
};

/// Appends scale * (a, b) of each, in this order. What connects two new neurons is zero. InputError where a
/// length does not fit.
Grown append_neurons(const Network& network, const Vector& w, const std::vector<NewNeuron>& neurons,
                     Real scale);

}  // namespace saddleflow
