// Linear networks with several hidden layers: these may be rotated, so that modes take the place of neurons.
#pragma once

#include <vector>

#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// The same linear map in other bases of the hidden layers.
struct TurnedToModes {
  Index rank = 0;  ///< singular values of the first layer above `least` times the largest
  Vector weights;  ///< the first `rank` neurons of every hidden layer carry them
};

/// The bases are those of the left singular vectors. Where what is left over is of order 1 beside a balanced
/// part of order rho, weights between the two are of order 1/rho.
TurnedToModes turned_to_modes(const Network& network, const Vector& w, Real least);

/// Weights that have moved along with a jump, far too small to act on it: `riders`, whole, zero between
/// active neurons. In bases of the hidden layers that are rotated as little as these are small, no weight
/// connects inactive neurons with active ones any more. `active`: the active weights, balanced. To first
/// order.
Vector disconnected(const Network& network, const Vector& active, const Vector& riders,
                    const std::vector<Index>& inactive);

}  // namespace saddleflow
