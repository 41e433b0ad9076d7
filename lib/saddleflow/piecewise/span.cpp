#include "saddleflow/piecewise/span.hpp"

#include <cmath>
#include <limits>

#include "saddleflow/base/decompositions.hpp"

namespace saddleflow {
namespace {

void divide(Matrix& columns, const Vector& lengths) {
  for (Index k = 0; k < columns.cols(); ++k)
    if (lengths[k] > 0) columns.col(k) /= lengths[k];
}

/// For decompositions that compare pivots with the largest one: that is 1 unless all columns have been
/// projected. Infinite: there is nothing.
Real threshold_of(const Matrix& columns) {
  const Real largest = columns.size() > 0 ? columns.colwise().norm().maxCoeff() : Real(0);
  return largest > normal_tolerance() ? normal_tolerance() / largest : std::numeric_limits<Real>::infinity();
}

}  // namespace

Real normal_tolerance() { return std::sqrt(std::numeric_limits<Real>::epsilon()); }

Matrix orthonormal_basis(Matrix columns, const Vector& lengths) {
  divide(columns, lengths);
  const Real threshold = threshold_of(columns);
  if (!std::isfinite(threshold)) return Matrix(columns.rows(), 0);
  const PivotedQr qr(columns, threshold);
  Matrix basis = Matrix::Identity(columns.rows(), qr.rank());
  qr.apply(basis);
  return basis;
}

Matrix orthonormal_basis(const Matrix& columns) {
  return orthonormal_basis(columns, columns.colwise().norm().transpose());
}

Vector scaled_least_squares(Matrix columns, const Vector& lengths, const Vector& b) {
  divide(columns, lengths);
  const Real threshold = threshold_of(columns);
  if (!std::isfinite(threshold)) return Vector::Zero(columns.cols());
  Vector x = minimum_norm_least_squares(columns, b, threshold);
  for (Index k = 0; k < columns.cols(); ++k)
    if (lengths[k] > 0) x[k] /= lengths[k];
  return x;
}

Matrix scaled_pseudo_inverse(Matrix columns) {
  const Vector lengths = columns.colwise().norm().transpose();
  divide(columns, lengths);
  const Real threshold = threshold_of(columns);
  if (!std::isfinite(threshold)) return Matrix::Zero(columns.cols(), columns.rows());
  Matrix inverse =
      minimum_norm_least_squares(columns, Matrix::Identity(columns.rows(), columns.rows()), threshold);
  for (Index k = 0; k < inverse.rows(); ++k)
    if (lengths[k] > 0) inverse.row(k) /= lengths[k];
  return inverse;
}

}  // namespace saddleflow
