// Symmetric matrices of which the upper triangle has been computed.
#pragma once

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Copies the strict upper triangle of a square matrix into the lower one (tile by tile: a plain
/// transposition of a large matrix misses the cache at every element).
void mirror_upper(Matrix& a);

/// Adds J^T diag(c) J to the upper triangle of `out`, leaving anything below it; J samples x parameters, c
/// one number a sample, `scaled` of J's shape is overwritten.
void add_weighted_gram(const Matrix& jacobian, const Eigen::Ref<const Vector>& c, Matrix& scaled,
                       Matrix& out);

}  // namespace saddleflow
