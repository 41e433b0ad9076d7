// Groups of parameters of networks with one layer of hidden neurons.
#pragma once

#include <vector>

#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// As of a feed-forward network: one group a neuron's incoming weights, numbered like the neurons, then one a
/// neuron's outgoing weights. Every parameter belongs to one neuron, on one side.
ParameterGroups incoming_and_outgoing_groups(const std::vector<Neuron>& neurons, Index parameters);

}  // namespace saddleflow
