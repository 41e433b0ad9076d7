// Eigenvectors of the zero eigenvalues of a Hessian that falls into parts.
#pragma once

#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Vectors that are zero outside of some weights. At a saddle of a wide network nearly every weight is that
/// of a zero neuron and an eigenvector by itself: as whole vectors they would take as much memory as the
/// Hessian.
struct NullPart {
  std::vector<Index> places;
  Matrix vectors;  ///< orthonormal, one a column, one row a place
};

/// All of them on all weights, one a column.
Matrix whole_null_space(const std::vector<NullPart>& parts, Index size);

}  // namespace saddleflow
