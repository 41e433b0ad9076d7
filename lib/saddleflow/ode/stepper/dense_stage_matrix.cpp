#include "saddleflow/ode/stepper/dense_stage_matrix.hpp"

#include <Eigen/Cholesky>

namespace saddleflow {

void DenseStageMatrix::begin(const System& system, const Vector& x, const Vector& f, Real t, Real h,
                             const std::vector<int>& /*levels*/) {
  const Index n = x.size() - system.quadratures();
  symmetric_ = system.has_hessian();
  jacobian_.resize(n, n);
  factor_.resize(n, n);
  if (symmetric_)
    system.hessian(x, jacobian_, t);
  else if (system.has_jacobian())
    system.jacobian(x, jacobian_, t);
  else
    differences_.jacobian(system, x, f, t, h, jacobian_);
}

void DenseStageMatrix::spread(const Vector& size, Vector& out) {
  const Index n = jacobian_.rows();
  out.setZero(n);
  for (Index j = 0; j < n; ++j) {
    if (!symmetric_) {
      out += size[j] * jacobian_.col(j).cwiseAbs();
      continue;
    }
    const auto column = jacobian_.col(j).tail(n - j).cwiseAbs();
    out.segment(j, n - j) += size[j] * column;
    if (j + 1 < n) out[j] += column.tail(n - j - 1).dot(size.segment(j + 1, n - j - 1));
  }
}

void DenseStageMatrix::take_out(const std::vector<char>& resting) {
  for (Index i = 0; i < jacobian_.rows(); ++i) {
    if (resting[static_cast<std::size_t>(i)] == 0) continue;
    factor_.row(i).setZero();
    factor_.col(i).setZero();
  }
}

bool DenseStageMatrix::prepare(Real shift, const Vector& extra, const Vector& /*rounding*/,
                               const std::vector<char>& resting) {
  if (symmetric_) {
    factor_ = jacobian_;
    take_out(resting);
    factor_.diagonal().array() += shift + extra.array();
    // Works on factor_ itself; only the factor stays, the decomposition object need not.
    const Eigen::LLT<Eigen::Ref<Matrix>, Eigen::Lower> llt(factor_);
    return llt.info() == Eigen::Success;
  }
  factor_ = -jacobian_;
  take_out(resting);
  factor_.diagonal().array() += shift + extra.array();
  lu_.compute(factor_);
  return true;
}

StageMatrix::Solved DenseStageMatrix::solve(Eigen::Ref<Vector> x, const StageError& /*error*/) {
  if (symmetric_) {
    factor_.triangularView<Eigen::Lower>().solveInPlace(x);
    factor_.triangularView<Eigen::Lower>().transpose().solveInPlace(x);
  } else {
    x = lu_.solve(Vector(x));
  }
  return Solved::done;
}

std::optional<Real> DenseStageMatrix::largest(SpectralEstimator& estimator, int steps) const {
  const auto product = [this](const Vector& v, Vector& out) {
    out.resize(jacobian_.rows());
    if (symmetric_)
      out.noalias() = jacobian_.selfadjointView<Eigen::Lower>() * v;
    else
      out.noalias() = -jacobian_ * v;
  };
  const MatrixKind kind = symmetric_ ? MatrixKind::symmetric : MatrixKind::general;
  return estimator.estimate(product, jacobian_.rows(), kind, steps).max;
}

}  // namespace saddleflow
