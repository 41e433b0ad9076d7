// The constrained NCF as a function on the unit sphere: values, tangent gradients and curvature of N or -N.
#pragma once

#include "saddleflow/problem/correlation.hpp"

namespace saddleflow {

/// Everything of first order at a unit vector u, for f = N or f = -N.
struct SpherePoint {
  Vector u;
  Real value = 0;          ///< f(u), by Euler's identity <u, grad f>/D
  Vector gradient;         ///< grad f(u), n
  Vector tangent;          ///< grad f - D f u, the gradient on the sphere
  Real gradient_norm = 0;  ///< ||grad f||
  Real residual = 0;       ///< ||tangent|| / ||grad f||; 0 where the gradient vanishes
};

/// f = N, or -N for minima: a KKT point of one is one of the other.
class SphereFunction {
 public:
  /// `sign`: +1 or -1. The correlation must outlive this and have output scale 0; its counters go on.
  SphereFunction(Correlation& correlation, int sign)
      : correlation_(correlation), sign_(static_cast<Real>(sign)) {}

  Correlation& correlation() const { return correlation_; }
  Index size() const { return correlation_.size(); }
  Real degree() const { return static_cast<Real>(correlation_.network().degree()); }
  /// `u`: any length > 0. One gradient.
  SpherePoint at(const Vector& u) const;
  /// grad f at a vector of any length.
  void gradient(const Vector& x, Vector& g) const;
  /// M = D f I - Hess f at a unit vector, n x n: minus the Hessian on the sphere, up to projection.
  Matrix curvature(const SpherePoint& point) const;

 private:
  Correlation& correlation_;
  Real sign_;
};

/// u with exact zeros for neurons whose weights are all but zero (1e-8): they are zero-preserving (theory,
/// section 3), and rounding alone keeps an endgame from zero.
Vector without_dying_neurons(const Network& network, Vector u);

/// A gradient that has fallen below this fraction of that at the start vanishes. No absolute scale will do:
/// in deep networks gradients at random points are many orders smaller than at the maximisers.
inline constexpr Real kNullGradient = Real(1e-10);

}  // namespace saddleflow
