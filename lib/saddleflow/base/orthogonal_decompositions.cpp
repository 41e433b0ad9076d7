#include <Eigen/QR>
#include <Eigen/SVD>

#include "saddleflow/base/decompositions.hpp"

namespace saddleflow {

ThinSvd thin_svd(const Matrix& a) {
  const Eigen::JacobiSVD<Matrix> svd(a, Eigen::ComputeThinU | Eigen::ComputeThinV);
  return {svd.matrixU(), svd.singularValues(), svd.matrixV()};
}

Matrix minimum_norm_least_squares(const Matrix& a, const Matrix& b) {
  return Eigen::CompleteOrthogonalDecomposition<Matrix>(a).solve(b);
}

Matrix minimum_norm_least_squares(const Matrix& a, const Matrix& b, Real threshold) {
  if (a.size() == 0) return Matrix::Zero(a.cols(), b.cols());
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
