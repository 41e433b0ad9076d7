// Neurons of one direction as one neuron: for degree 2 their outputs add like the squares of their sizes.
#pragma once

#include <vector>

#include "saddleflow/network/network.hpp"

namespace saddleflow {

struct ParallelGroup {
  std::vector<Index> neurons;  ///< the first one stands for all
  std::vector<Real> shares;    ///< of the size of the one that stands for them; squares sum to 1
};

/// Of these neurons, whose weights in w must not be zero. Above degree 2 every neuron is a
/// group.
std::vector<ParallelGroup> parallel_groups(const Network& network, const Vector& w,
                                           const std::vector<Index>& neurons);

/// w with each group's first neuron in place of all, of their common size, the others zero.
Vector gathered(const Network& network, const Vector& w, const std::vector<ParallelGroup>& groups);
/// And back: the first neuron's weights in their shares.
Vector distributed(const Network& network, const Vector& w, const std::vector<ParallelGroup>& groups);

}  // namespace saddleflow
