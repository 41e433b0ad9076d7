// The Krylov space of a symmetric operator known by its products.
#pragma once

#include <functional>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

using Product = std::function<void(const Vector& v, Vector& out)>;

/// A V = W T after k products (Lanczos): W = [v_1 ... v_{k+1}] orthonormal, V its first k columns, v_1 =
/// b/|b|, T tridiagonal, (k+1) x k; k x k where the space is exhausted. Every vector is made orthogonal to
/// all before it: without that the space of an ill-conditioned operator repeats itself.
class KrylovSpace {
 public:
  /// At most `steps` products; fewer when |b - A x| <= tolerance |b| can be had, or the space is exhausted.
  /// b must not be zero.
  KrylovSpace(const Product& product, const Vector& b, Index steps, Real tolerance);

  /// The x of the space that minimises |b - A x|^2 + shift^2 |x|^2, of least norm among those: MINRES for
  /// shift 0 (Paige and Saunders, SIAM J. Numer. Anal. 12 (1975) 617), singular and inconsistent systems
  /// included. <A b, x> >= 0 whatever the number of steps: a direction of descent for |b|^2 / 2. (Eigen's
  /// MINRES divides by zero where the space is exhausted, and knows no shift.)
  Vector solve(Real shift) const;
  /// |A| as the space sees it: from below, close after some steps.
  Real operator_norm() const { return operator_norm_; }
  Index steps() const { return steps_; }

 private:
  bool extend(const Product& product);
  Vector coefficients(Real shift) const;

  Matrix basis_, tridiagonal_;
  Vector next_;
  Real size_;  // |b|
  Real operator_norm_ = 0;
  Index steps_ = 0;
  bool exhausted_ = false;
};

}  // namespace saddleflow
