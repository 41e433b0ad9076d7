// The basis of the hidden layers of a linear network in which the inactive modes are neurons.
#pragma once

#include <vector>

#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// Orthogonal matrices R_l, one per hidden layer: W_l -> R_l^T W_l, W_{l+1} -> W_{l+1} R_l leaves the
/// function and the flow of a linear network as they are. Empty: the identity.
struct HiddenBasis {
  std::vector<Matrix> rotations;

  /// Weights in this basis, and back.
  Vector enter(const Network& network, const Vector& w) const;
  Vector leave(const Network& network, const Vector& w) const;
};

/// The eigenvectors of W_l W_l^T + W_{l+1}^T W_{l+1}, largest first: along a trajectory the modes that have
/// been learnt come first, and those that are inactive are neurons of small norm. Identity unless the network
/// is linear (NetworkTraits::mixes()).
HiddenBasis principal_basis(const Network& network, const Vector& w);

}  // namespace saddleflow
