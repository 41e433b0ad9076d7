// The one scalar of the library and the dense types made from it.
#pragma once

#include <Eigen/Core>

namespace saddleflow {

/// double, or long double in the `reference` build, where trajectories accurate to 1e-17 come from.
#ifdef SADDLEFLOW_LONG_DOUBLE
using Real = long double;
#else
using Real = double;
#endif

using Index = Eigen::Index;
using Vector = Eigen::Matrix<Real, Eigen::Dynamic, 1>;
using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;
using Array = Eigen::Array<Real, Eigen::Dynamic, Eigen::Dynamic>;
/// Views of part of a weight vector.
using VectorView = Eigen::Map<Vector>;
using ConstVectorView = Eigen::Map<const Vector>;
using MatrixView = Eigen::Map<Matrix>;
using ConstMatrixView = Eigen::Map<const Matrix>;

}  // namespace saddleflow

#ifdef SADDLEFLOW_KERNELS_ELSEWHERE
#include "saddleflow/base/eigen_kernels.hpp"
#endif
