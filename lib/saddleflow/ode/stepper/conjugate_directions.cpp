#include "saddleflow/ode/stepper/conjugate_directions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/ode/stepper/stepper.hpp"

namespace saddleflow {
namespace {

// Of a residual what is left beside the kept directions is rounding below this part of it.
constexpr Real kExhausted = Real(1e-8);

}  // namespace

void ConjugateDirections::begin(Index n, std::vector<char> mask) {
  mask_ = std::move(mask);
  size_ = 0;
  p_.resize(n, capacity_);
  q_.resize(n, capacity_);
}

void ConjugateDirections::release() {
  size_ = 0;
  p_.resize(0, 0);
  q_.resize(0, 0);
}

// x += P P' r, which minimises the error of x over the space of the kept directions in the norm of A.
void ConjugateDirections::project(Vector& x) {
  if (size_ == 0) return;
  coefficients_.noalias() = p_.leftCols(size_).transpose() * residual_;
  x.noalias() += p_.leftCols(size_) * coefficients_;
  residual_.noalias() -= q_.leftCols(size_) * coefficients_;
}

void ConjugateDirections::silence(Vector& v) const {
  if (mask_.empty()) return;
  for (Index i = 0; i < v.size(); ++i)
    if (mask_[static_cast<std::size_t>(i)] == 0) v[i] = 0;
}

void ConjugateDirections::keep() {
  if (size_ < capacity_) {
    p_.col(size_) = direction_;
    q_.col(size_) = product_;
    ++size_;
    return;
  }
  last_ = direction_;
  last_product_ = product_;
  has_last_ = true;
}

// One product, or none where the kept directions span all that the residual has but for rounding.
ConjugateDirections::Advance ConjugateDirections::advance(ProductRef product, Vector& x) {
  direction_ = residual_;
  silence(direction_);
  const Real before = direction_.norm();
  // Twice is enough (Kahan), as for orthogonality.
  for (int pass = 0; pass < 2 && size_ > 0; ++pass) {
    coefficients_.noalias() = q_.leftCols(size_).transpose() * direction_;
    direction_.noalias() -= p_.leftCols(size_) * coefficients_;
  }
  if (has_last_) direction_ -= last_product_.dot(direction_) * last_;
  const Real length = direction_.norm();
  if (!(length > kExhausted * before)) {
    project(x);
    direction_ = residual_;
    silence(direction_);
    return direction_.norm() < before / 2 ? Advance::made : Advance::none;
  }
  direction_ /= length;
  product(direction_, product_);
  if (!product_.allFinite())
    throw StepFailure(Stop::nonfinite, "conjugate directions: a Hessian-vector product is not finite");
  const Real curvature = direction_.dot(product_);
  if (!(curvature > 0)) return Advance::indefinite;
  const Real scale = 1 / std::sqrt(curvature);
  direction_ *= scale;
  product_ *= scale;
  const Real along = direction_.dot(residual_);
  x += along * direction_;
  residual_ -= along * product_;
  keep();
  return Advance::made;
}

ConjugateDirections::Solved ConjugateDirections::solve(ProductRef product, const Vector& b, Vector& x,
                                                       const Enough& enough, int most) {
  x.setZero(b.size());
  Vector residual = b;
  return improve(product, residual, x, enough, most);
}

ConjugateDirections::Solved ConjugateDirections::improve(ProductRef product, Vector& residual, Vector& x,
                                                         const Enough& enough, int most) {
  residual_.swap(residual);
  const Solved solved = go_on(product, x, enough, most);
  residual_.swap(residual);
  return solved;
}

ConjugateDirections::Solved ConjugateDirections::go_on(ProductRef product, Vector& x, const Enough& enough,
                                                       int most) {
  has_last_ = false;
  project(x);
  for (int products = 0; !enough(residual_, x); ++products) {
    if (products >= most) return Solved::stalled;
    const Advance advanced = advance(product, x);
    if (advanced == Advance::indefinite) return Solved::indefinite;
    if (advanced == Advance::none) return Solved::done;
  }
  return Solved::done;
}

}  // namespace saddleflow
