// The linear assignment problem.
#pragma once

#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// The permutation pi that maximises sum_k gain(k, pi(k)): the Hungarian method with shortest augmenting
/// paths, O(n^3) (R. Jonker and A. Volgenant, Computing 38 (1987) 325-340, without its initial reductions).
/// Throws InputError unless `gain` is square and finite.
std::vector<Index> best_assignment(const Matrix& gain);

}  // namespace saddleflow
