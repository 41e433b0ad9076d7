// The problem in d variables that a rank-one KKT point of a feed-forward network solves (THEORY.md, section
// 2).
#pragma once

#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/activation.hpp"

namespace saddleflow {

/// tau = sigma(e_m' sigma(... e_2 sigma(s))), one sigma per hidden layer, m' of them. The signs e_l are those
/// of r_l . sigma(q_{l-1}); with all of them +1 this is the tau of THEORY.md, section 2. tau is
/// p^m'-homogeneous.
class ComposedActivation {
 public:
  /// `signs`: +-1 in front of every sigma but the first: one less than hidden layers.
  ComposedActivation(Activation activation, std::vector<Real> signs)
      : activation_(activation), signs_(std::move(signs)) {}

  Real value(Real s) const;
  /// On a kink that of the activation's convention, the side s < 0.
  Real derivative(Real s) const;
  Real degree() const;
  bool is_smooth() const { return activation_.is_smooth(); }

 private:
  Activation activation_;
  std::vector<Real> signs_;
};

/// How far (q, v), unit vectors, is from a KKT point of  f(q, v) = sum_i (q . z_i) tau(v . x_i)  on the
/// product of the two unit spheres; for one output q = +-1 and f = +-sum_i z_i tau(v . x_i).
struct ScalarKkt {
  Real value = 0;  ///< f
  /// The larger of ||grad_v f - deg(tau) f v|| / ||grad_v f|| and ||grad_q f - f q|| / ||grad_q f||. For p
  /// = 1 grad_v f is the element of the Clarke subdifferential that comes nearest, with tau'(0) anywhere
  /// between the derivatives of its two sides.
  Real residual = 0;
  bool resolved = true;  ///< false: that element was not found, `residual` is an upper bound
};

/// `inputs` d x n, `z` outputs x n. A sample with |v . x| <= kink_tolerance ||x|| is on the kink of a
/// nonsmooth tau.
ScalarKkt scalar_kkt(const ComposedActivation& tau, const Matrix& inputs, const Matrix& z, const Vector& q,
                     const Vector& v, Real kink_tolerance);

}  // namespace saddleflow
