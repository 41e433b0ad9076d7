#include "saddleflow/saddle/krylov_space.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/base/decompositions.hpp"

namespace saddleflow {
namespace {

// Steps before the small problem is solved for the first time: by judgement.
constexpr Index kFirstLook = 8;
// A new direction this short beside the product is what rounding has left of it: the space is exhausted.
constexpr Real kExhausted = 100 * std::numeric_limits<Real>::epsilon();

}  // namespace

KrylovSpace::KrylovSpace(const Product& product, const Vector& b, Index steps, Real tolerance)
    : next_(b.size()), size_(b.norm()) {
  const Index most = std::min(b.size(), steps);
  basis_.resize(b.size(), most + 1);
  tridiagonal_.setZero(most + 1, most);
  basis_.col(0) = b / size_;
  // The small problem costs k^3: solved now and then only.
  for (Index look = kFirstLook; steps_ < most && !exhausted_;) {
    exhausted_ = !extend(product);
    if (steps_ < look) continue;
    look = 2 * steps_;
    Vector r = -tridiagonal_.topLeftCorner(steps_ + 1, steps_) * coefficients(0);
    r[0] += size_;
    if (r.norm() <= tolerance * size_) break;
  }
  const Matrix square = tridiagonal_.topLeftCorner(steps_, steps_);
  operator_norm_ = symmetric_eigenvalues(square, "Krylov space").cwiseAbs().maxCoeff();
}

bool KrylovSpace::extend(const Product& product) {
  const Vector v = basis_.col(steps_);
  product(v, next_);
  const Real whole = next_.norm();
  tridiagonal_(steps_, steps_) = v.dot(next_);
  const auto earlier = basis_.leftCols(steps_ + 1);
  for (int again = 0; again < 2; ++again) next_ -= earlier * (earlier.transpose() * next_);
  const Real beta = next_.norm();
  ++steps_;
  if (!(beta > kExhausted * whole)) return false;
  tridiagonal_(steps_, steps_ - 1) = beta;
  if (steps_ < tridiagonal_.cols()) tridiagonal_(steps_ - 1, steps_) = beta;
  basis_.col(steps_) = next_ / beta;
  return true;
}

Vector KrylovSpace::coefficients(Real shift) const {
  const Index rows = exhausted_ ? steps_ : steps_ + 1;
  Matrix stacked = Matrix::Zero(rows + steps_, steps_);
  stacked.topRows(rows) = tridiagonal_.topLeftCorner(rows, steps_);
  stacked.bottomRows(steps_).diagonal().setConstant(shift);
  return minimum_norm_least_squares(stacked, size_ * Vector::Unit(rows + steps_, 0));
}

Vector KrylovSpace::solve(Real shift) const { return basis_.leftCols(steps_) * coefficients(shift); }

}  // namespace saddleflow
