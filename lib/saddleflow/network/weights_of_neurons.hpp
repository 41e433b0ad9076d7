// Which weights belong to which neuron.
#pragma once

#include <vector>

#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// Incoming ones, then outgoing ones.
std::vector<Index> weights_of(const Neuron& neuron);

/// Whether every weight of the network belongs to one neuron, and to no other.
bool partitions_weights(const Network& network);

}  // namespace saddleflow
