// A first match of the neurons of deep networks, along paths from the inputs to the outputs.
#pragma once

#include <vector>

#include "saddleflow/symmetry/neuron_symmetry.hpp"

namespace saddleflow {

/// Orders of the layers that bring the strongest paths of `point` (neuron of the first hidden layer with the
/// largest incoming weights, on along the largest weights) one after another onto those free neurons of
/// `direction` where the path gains most (dynamic programming over neurons and signs). Where `point` has one
/// active neuron a hidden layer, that is the best of all symmetries. For feed-forward networks.
std::vector<LayerOrder> match_chains(const NeuronSymmetry& symmetry, const Vector& point,
                                     const Vector& direction);

}  // namespace saddleflow
