// Homogeneous functions seen on the unit sphere: values, tangent gradients and curvature. The constrained NCF
// is one of them.
#pragma once

#include "saddleflow/problem/correlation.hpp"

namespace saddleflow {

/// Everything of first order at a unit vector u, for a D-homogeneous function f.
struct SpherePoint {
  Vector u;
  Real value = 0;          ///< f(u), by Euler's identity <u, grad f>/D
  Vector gradient;         ///< grad f(u), n
  Vector tangent;          ///< grad f - D f u, the gradient on the sphere
  Real gradient_norm = 0;  ///< ||grad f||
  Real residual = 0;       ///< ||tangent|| / ||grad f||; 0 where the gradient vanishes
};

/// A D-homogeneous function on R^n, for the methods that climb it on the unit sphere.
class SphereFunction {
 public:
  virtual ~SphereFunction() = default;

  virtual Index size() const = 0;
  virtual Real degree() const = 0;
  /// grad f at a vector of any length.
  virtual void gradient(const Vector& x, Vector& g) const = 0;
  /// Hess f at a unit vector, n x n.
  virtual void hessian(const Vector& u, Matrix& h) const = 0;

  /// `u`: any length > 0. One gradient.
  SpherePoint at(const Vector& u) const;
  /// M = D f I - Hess f at a unit vector, n x n: minus the Hessian on the sphere, up to projection.
  Matrix curvature(const SpherePoint& point) const;
};

/// f = N, or -N for minima: a KKT point of one is one of the other.
class CorrelationOnSphere final : public SphereFunction {
 public:
  /// `sign`: +1 or -1. The correlation must outlive this and have output scale 0; its counters go on.
  CorrelationOnSphere(Correlation& correlation, int sign)
      : correlation_(correlation), sign_(static_cast<Real>(sign)) {}

  Correlation& correlation() const { return correlation_; }
  int sign() const { return sign_ > 0 ? 1 : -1; }
  Index size() const override { return correlation_.size(); }
  Real degree() const override { return static_cast<Real>(correlation_.network().degree()); }
  void gradient(const Vector& x, Vector& g) const override;
  void hessian(const Vector& u, Matrix& h) const override;

 private:
  Correlation& correlation_;
  Real sign_;
};

/// Flows and trust regions leave off at this residual: Newton's method goes on from there, to rounding in two
/// or three steps where it squares the error.
inline constexpr Real kNewtonResidual = Real(1e-3);

/// u with exact zeros for neurons whose weights are all but zero (1e-8): they are zero-preserving (theory,
/// section 3), and rounding alone keeps an endgame from zero.
Vector without_dying_neurons(const Network& network, Vector u);

/// A gradient that has fallen below this fraction of that at the start vanishes. No absolute scale will do:
/// in deep networks gradients at random points are many orders smaller than at the maximisers. What is left
/// is a power of the distance from the zero of it, and falls no further than rounding lets it.
inline constexpr Real kNullGradient = Real(1e-10);

}  // namespace saddleflow
