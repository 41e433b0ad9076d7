#include "reference/two_layer_linear.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "saddleflow/base/decompositions.hpp"

namespace saddleflow::reference {

namespace {

Matrix stacked(const Matrix& w1, const Matrix& w2) {
  Matrix q(w1.cols() + w2.rows(), w1.rows());
  q << w1.transpose(), w2;
  return q;
}

/// int_0^t e^{2 lambda s} ds.
Real growth_integral(Real lambda, Real t) {
  using std::abs;
  using std::expm1;
  const Real exponent = 2 * lambda * t;
  return abs(exponent) < std::numeric_limits<Real>::epsilon() ? t : expm1(exponent) / (2 * lambda);
}

/// e^{lambda t}/sqrt(g), bounded: g grows like e^{2 lambda t}.
Real bounded_growth(Real lambda, Real t) {
  using std::sqrt;
  return 1 / sqrt(growth_integral(-lambda, t));
}

/// The factor Q1 of Y (I + Y^T Y)^{-1} Y^T = Q1 Q1^T: the leading rows of the orthonormal factor of [Y; I].
Matrix projector_factor(const Matrix& y) {
  const Index rows = y.rows() + y.cols();
  Matrix a(rows, y.cols());
  a << y, Matrix::Identity(y.cols(), y.cols());
  std::vector<Index> order(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), Index(0));
  std::stable_sort(order.begin(), order.end(), [&a](Index i, Index j) {
    return a.row(i).cwiseAbs().maxCoeff() > a.row(j).cwiseAbs().maxCoeff();
  });
  Matrix sorted(rows, y.cols());
  for (Index i = 0; i < rows; ++i) sorted.row(i) = a.row(order[static_cast<std::size_t>(i)]);
  Matrix q = Matrix::Identity(rows, y.cols());
  PivotedQr(sorted).apply(q);
  Matrix leading(y.rows(), y.cols());
  for (Index i = 0; i < rows; ++i)
    if (order[static_cast<std::size_t>(i)] < y.rows())
      leading.row(order[static_cast<std::size_t>(i)]) = q.row(i);
  return leading;
}

}  // namespace

TwoLayerLinear::TwoLayerLinear(const Matrix& sigma, const Matrix& w1, const Matrix& w2)
    : start_(stacked(w1, w2)) {
  const Index d = sigma.cols();
  const Index k = sigma.rows();
  Matrix f = Matrix::Zero(d + k, d + k);
  f.topRightCorner(d, k) = sigma.transpose();
  f.bottomLeftCorner(k, d) = sigma;
  const SymmetricEigen eigen = symmetric_eigen(f, "two-layer linear network");
  eigenvalues_ = eigen.values;
  eigenvectors_ = eigen.vectors;
  coordinates_ = eigenvectors_.transpose() * start_;
}

Matrix TwoLayerLinear::gram(Real t) const {
  using std::sqrt;
  if (t <= 0) return start_ * start_.transpose();
  Matrix y = coordinates_;
  for (Index i = 0; i < y.rows(); ++i) y.row(i) *= sqrt(growth_integral(eigenvalues_(i), t));
  Matrix factor = projector_factor(y);
  for (Index i = 0; i < y.rows(); ++i) factor.row(i) *= bounded_growth(eigenvalues_(i), t);
  const Matrix root = eigenvectors_ * factor;
  return root * root.transpose();
}

Matrix gram_of(const Matrix& w1, const Matrix& w2) {
  const Matrix q = stacked(w1, w2);
  return q * q.transpose();
}

}  // namespace saddleflow::reference
