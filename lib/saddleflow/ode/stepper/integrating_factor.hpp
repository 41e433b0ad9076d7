// Groups of components that grow by themselves, each by a law that is known: y_g = m_g(t) v_g, v_g nearly at
// rest.
//
// Near a saddle an inactive neuron g grows, or decays, as r' = alpha_g r^{d-1}, where d is the degree of the
// loss in its weights at this saddle (THEORY.md, section 4), while everything else hardly moves. A polynomial
// in time follows that over a part of an e-fold, so that a plateau costs steps for each decade of growth.
// With the factor of the law itself,
//
//   m' = alpha m^{d-1}, m(0) = 1:  m = e^{alpha tau} (d = 2),  m = (1 - (d-2) alpha tau)^{-1/(d-2)} (d > 2),
//   v' = f(m v) / m - alpha m^{d-2} v,       alpha_g = <y_g, f_g> / |y_g|^2 at the start of the step,
//
// a step may be as long as v stays close to a polynomial: many decades where nothing but the law happens. The
// transformation is exact whatever alpha is. It was used by J. D. Lawson, "Generalized Runge-Kutta processes
// for stable systems with large Lipschitz constants", SIAM J. Numer. Anal. 4 (1967) 372, with the linear part
// of f as the law. At tau = 0 the Jacobian of the new system is -(H + alpha), still symmetric.
#pragma once

#include <optional>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/ode/stepper/growth.hpp"
#include "saddleflow/ode/stepper/system.hpp"

namespace saddleflow {

/// The system in v during one step, where it is active.
class IntegratingFactor {
 public:
  /// `worthwhile`: steps shorter than this part of an e-fold have no factor; the default is for errors of
  /// order six, which are below rounding then.
  explicit IntegratingFactor(Growth growth, Real worthwhile = Real(1e-3))
      : growth_(std::move(growth)), worthwhile_(worthwhile) {}

  /// At the start of a step from (x, t), where the right-hand side is f, each component of it rounded to
  /// `rounding`, of a length of about h. Chooses the groups that get a factor: none if there are none to
  /// choose from.
  void begin(const System& system, const Vector& x, const Vector& f, const Vector& rounding, Real t, Real h);
  /// No group has a factor (v = y), until the next begin().
  void rest() { active_ = false; }
  /// Whether some group has a factor.
  bool active() const { return active_; }
  /// The longest step for which all factors exist.
  Real longest() const { return longest_; }
  /// m of every leading component; `tau` since the start of the step.
  const Vector& factors(Real tau);
  /// dv/dt at the start of the step.
  void start_rate(const Vector& x, const Vector& f, Vector& out) const;

  /// alpha of every leading component: at the start of the step the Jacobian is -(H + alpha).
  const Vector& rates() const { return alpha_; }
  /// d(dv/dt)/dt at the start of the step in units of unit(), of all components; `quadrature_rows`:
  /// quadrature_jacobian() there.
  void time_derivative(const Vector& x, const Matrix& quadrature_rows, Vector& out);
  /// The largest alpha: its square times a tiny weight may underflow.
  Real unit() const { return unit_; }
  /// dy/dt of the last call of operator(), or of begin().
  const Vector& system_rates() const { return f_; }
  /// dv/dt.
  void operator()(const Vector& v, Vector& dvdt, Real t);

 private:
  int exponent() const { return growth_.degree - 2; }
  void measure(const Vector& x, const Vector& f, const Vector& rounding);
  void choose(Real h);
  Real factor(Real alpha, Real tau) const;

  Growth growth_;
  Real worthwhile_;
  std::optional<System> system_;
  bool active_ = false;
  Real longest_ = 0, unit_ = 1, t0_ = 0;
  Vector size_, rate_, noise_;  ///< of every group: its size, alpha_g, and what that is rounded to
  std::vector<int> group_;
  Vector alpha_, factor_, f_, whole_, growth_rate_,
      relative_;  ///< of every component, the first two of leading ones
};

}  // namespace saddleflow
