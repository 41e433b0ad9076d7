#include <Eigen/QR>
#include <Eigen/SVD>

#include <algorithm>
#include <limits>

#include "saddleflow/base/decompositions.hpp"

namespace saddleflow {

namespace {

// Up to this size Jacobi's method is as fast as divide and conquer (measured: 2.0 against 1.8 ms), and the
// more accurate one; at 200 it takes 207 against 45 ms.
constexpr Index kJacobiSize = 64;

/// Eigen looks for pivots in an empty A, and takes the address of the first entry of an empty B.
bool nothing_to_solve(const Matrix& a, const Matrix& b) { return a.size() == 0 || b.size() == 0; }

}  // namespace

ThinSvd thin_svd(const Matrix& a) {
  if (a.size() == 0) return {Matrix(a.rows(), 0), Vector(), Matrix(a.cols(), 0)};
  const Eigen::JacobiSVD<Matrix> svd(a, Eigen::ComputeThinU | Eigen::ComputeThinV);
  return {svd.matrixU(), svd.singularValues(), svd.matrixV()};
}

Vector singular_values(const Matrix& a) {
  const Index count = std::min(a.rows(), a.cols());
  if (count == 0) return {};
  if (!a.allFinite()) return Vector::Constant(count, std::numeric_limits<Real>::quiet_NaN());
  if (count <= kJacobiSize) return Eigen::JacobiSVD<Matrix>(a).singularValues();
  return Eigen::BDCSVD<Matrix>(a).singularValues();
}

Matrix minimum_norm_least_squares(const Matrix& a, const Matrix& b) {
  if (nothing_to_solve(a, b)) return Matrix::Zero(a.cols(), b.cols());
  return Eigen::CompleteOrthogonalDecomposition<Matrix>(a).solve(b);
}

Matrix minimum_norm_least_squares(const Matrix& a, const Matrix& b, Real threshold) {
  if (nothing_to_solve(a, b)) return Matrix::Zero(a.cols(), b.cols());
  Eigen::CompleteOrthogonalDecomposition<Matrix> factors;
  factors.setThreshold(threshold);
  factors.compute(a);
  return factors.solve(b);
}

ThinQr thin_qr(const Matrix& a) {
  const Eigen::HouseholderQR<Matrix> qr(a);
  ThinQr result;
  result.q = Matrix::Identity(a.rows(), a.cols());
  result.q.applyOnTheLeft(qr.householderQ());
  result.r = qr.matrixQR().topRows(a.cols()).triangularView<Eigen::Upper>();
  return result;
}

struct PivotedQr::Implementation {
  explicit Implementation(const Matrix& a) : qr(a) {}
  Implementation(const Matrix& a, Real threshold) : qr(a) { qr.setThreshold(threshold); }
  Eigen::ColPivHouseholderQR<Matrix> qr;
};

PivotedQr::PivotedQr(const Matrix& a)
    : implementation_(std::make_shared<Implementation>(a)),
      rows_(a.rows()),
      rank_(implementation_->qr.rank()) {}

PivotedQr::PivotedQr(const Matrix& a, Real threshold)
    : implementation_(std::make_shared<Implementation>(a, threshold)),
      rows_(a.rows()),
      rank_(implementation_->qr.rank()) {}

std::vector<Index> PivotedQr::order() const {
  const auto& pivots = implementation_->qr.colsPermutation().indices();
  return {pivots.begin(), pivots.end()};
}

void PivotedQr::apply(Matrix& m) const { m.applyOnTheLeft(implementation_->qr.householderQ()); }

void PivotedQr::apply_transpose(Matrix& m) const {
  m.applyOnTheLeft(implementation_->qr.householderQ().adjoint());
}

void PivotedQr::apply_on_the_right(Matrix& m) const { m.applyOnTheRight(implementation_->qr.householderQ()); }

}  // namespace saddleflow
