// Gradient flow near the origin in polar (desingularised) coordinates: all rates are O(1) however small the
// weights are (theory, section 2).
#pragma once

#include "saddleflow/base/real.hpp"
#include "saddleflow/correlation/correlation.hpp"

namespace saddleflow {

/// w = rho u, ell = ln rho, and a time s with ds = rho^{D-2} dt. State x = (u, ell, q, e), length n + 3:
///
///   u'   = G - <u, G> u        G = -grad L(rho u) / rho^{D-1} = grad Phi_c(u), c = rho^D, at u / |u|
///   ell' = <u, G>
///   q'   = kappa exp((2 - D)(ell - ell_0))      the flow time t = rho_0^{2-D} q / kappa since ell = ell_0
///   e'   = rho^D |G|^2 / L(0)                   the energy integral int |grad L|^2 dt, over L(0)
///
/// kappa = |G| at the start makes q a pure number. u is normalised where it is used, so |u| = 1 up to the
/// error of the integration, which changes nothing. Exact zeros of u stay exact zeros. Autonomous. The
/// Jacobian is not symmetric; ell belongs to it and is measured absolutely (an error of ell is a relative one
/// of rho), q and e are quadratures.
class PolarFlow {
 public:
  /// The correlation must outlive the flow. `energy_unit`: L(0) > 0, of the start or of the origin.
  PolarFlow(Correlation& correlation, Real energy_unit);

  Index parameter_count() const { return correlation_.size(); }
  Correlation& correlation() const { return correlation_; }
  static constexpr Index extra() { return 3; }  ///< components beside u

  /// The polar state of (w, E), and the origin of q and kappa there. InputError for w = 0.
  Vector enter(const Vector& cartesian);
  /// The same from a unit vector and ln rho, which need not be the logarithm of a double.
  Vector enter(const Vector& direction, Real log_norm, Real energy);
  /// (w, E); weights below the smallest number are zero.
  Vector cartesian(const Vector& x) const;

  /// Unit vector and ln rho of a state.
  const Vector& direction(const Vector& x);
  Real log_norm(const Vector& x) const { return x[parameter_count()]; }
  Real energy(const Vector& x) const { return x[parameter_count() + 2] * energy_unit_; }
  /// Sets the correlation to the c of a state and returns its direction.
  const Vector& look(const Vector& x);
  /// Flow time since enter(); +infinity where a number cannot hold it.
  Real elapsed(const Vector& x) const;
  Real log_elapsed(const Vector& x) const;
  /// dt/ds = rho^{2-D}; +infinity or 0 where a number cannot hold it.
  Real time_rate(const Vector& x) const;

  // As a system for steppers.
  void operator()(const Vector& x, Vector& dxdt, Real s);
  /// d(u', ell')/d(u, ell), (n+1) x (n+1).
  void jacobian(const Vector& x, Matrix& out, Real s);
  /// Minus the symmetric part that governs the spectrum near KKT points, P (<u,G> I - Hess Phi) P v, 0 for
  /// ell.
  void hessian_vector(const Vector& x, const Vector& v, Vector& out, Real s);
  Index quadratures() const { return 2; }
  void quadrature_jacobian(const Vector& x, Matrix& out, Real s);

  /// ell_0 and kappa: what a checkpoint needs beside the state.
  Real origin() const { return log_norm_0_; }
  Real kappa() const { return kappa_; }
  void restore(Real origin, Real kappa);

 private:
  /// Direction, G, <u, G> and |u| at a state.
  void evaluate(const Vector& x);

  Correlation& correlation_;
  Real energy_unit_;
  int degree_;
  Real log_norm_0_ = 0, kappa_ = 1;
  Vector u_, g_, product_, tangent_;
  Matrix hessian_;
  Real length_ = 1, radial_ = 0;
};

}  // namespace saddleflow
