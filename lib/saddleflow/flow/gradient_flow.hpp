// Gradient flow w' = -grad L(w) as a system for steppers, with the energy integral carried along.
#pragma once

#include "saddleflow/base/real.hpp"
#include "saddleflow/ode/stepper/system.hpp"
#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

/// State x = (w, E), length n + 1:  w' = -grad L(w),  E' = ||grad L(w)||^2, so that L(w(0)) - L(w(t)) = E(t)
/// along the exact flow (THEORY.md, section 1). E is a quadrature component: nothing depends on it.
/// Autonomous.
class GradientFlow {
 public:
  /// The objective must outlive the flow.
  explicit GradientFlow(Objective& objective);
  // Steppers, charts and probes keep references to it.
  GradientFlow(const GradientFlow&) = delete;
  GradientFlow& operator=(const GradientFlow&) = delete;

  Index parameter_count() const { return objective_.size(); }
  Objective& objective() const { return objective_; }

  /// (w0, 0).
  static Vector initial_state(const Vector& w0);
  /// The weights of a state; refers to an internal buffer, valid until the next call of any member.
  const Vector& weights(const Vector& x);

  void operator()(const Vector& x, Vector& dxdt, Real t);
  void hessian(const Vector& x, Matrix& out, Real t);
  void hessian_vector(const Vector& x, const Vector& v, Vector& out, Real t);
  Index quadratures() const { return 1; }
  Operations operations() const;
  /// d||grad L||^2 / dw = 2 (H grad L)^T, 1 x n.
  void quadrature_jacobian(const Vector& x, Matrix& out, Real t);
  /// E' of the rates of the weights.
  void quadrature_rates(const Vector& rates, Vector& out) const {
    out.resize(1);
    out[0] = rates.squaredNorm();
  }

 private:
  Objective& objective_;
  Vector w_, gradient_, product_;
};

}  // namespace saddleflow
