// The weights around a hidden layer as matrices, wherever the layout has them.
#pragma once

#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// incoming: row k enters neuron k of the layer (width x fan-in); outgoing: column k leaves it (fan-out x
/// width).
struct HiddenWeights {
  Matrix incoming, outgoing;
};

/// Of hidden layer l, whose neurons all have as many weights.
HiddenWeights hidden_weights(const Network& network, const Vector& w, int l);
void set_hidden_weights(const Network& network, int l, const HiddenWeights& weights, Vector& w);

}  // namespace saddleflow
