// V8 (THEORY.md, section 6): ReLU on orthogonal inputs.
#pragma once

#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/dataset.hpp"

namespace saddleflow::pursuit_test {

/// Six orthogonal inputs of different lengths, three positive and three negative targets.
Dataset orthogonal_data();

struct OrthogonalSign {
  Real rate = 0;      ///< D_+ or D_-
  Real residual = 0;  ///< loss of its targets, mean over the samples
};
OrthogonalSign of_sign(const Dataset& data, Real sign);

/// |a_j| = ||w_j|| for all neurons; the first two are active on every input, one of each sign of a_j.
Vector orthogonal_start(const Network& network, const Dataset& data);

}  // namespace saddleflow::pursuit_test
