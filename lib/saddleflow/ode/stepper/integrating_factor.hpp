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

/// The system in v during one step. Its members hessian() and the like are those at the start of the step.
class IntegratingFactor {
 public:
  explicit IntegratingFactor(Growth growth) : growth_(std::move(growth)) {}

  /// At the start of a step from (x, t), where the right-hand side is f, of a length of about h. Chooses the
  /// groups that get a factor: none if there are none to choose from.
  void begin(const System& system, const Vector& x, const Vector& f, Real t, Real h);
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

  // As a system, where it is active.
  void operator()(const Vector& v, Vector& dvdt, Real t);
  void hessian(const Vector& x, Matrix& out, Real t);
  void hessian_vector(const Vector& x, const Vector& v, Vector& out, Real t);
  /// d(dv/dt)/dt at the start of the step, of all components; `quadrature_rows`: quadrature_jacobian() there.
  void time_derivative(const Vector& x, const Matrix& quadrature_rows, Vector& out);
  void quadrature_jacobian(const Vector& x, Matrix& out, Real t);
  Index quadratures() const { return system_->quadratures(); }

 private:
  int exponent() const { return growth_.degree - 2; }
  void measure(const Vector& x, const Vector& f);
  void choose(Real h);
  Real factor(Real alpha, Real tau) const;

  Growth growth_;
  std::optional<System> system_;
  bool active_ = false;
  Real longest_ = 0, t0_ = 0;
  Vector size_, rate_;  ///< |y_g| and alpha_g of every group
  std::vector<int> group_;
  Vector alpha_, factor_, f_, whole_, growth_rate_;  ///< of every component, the first two of leading ones
};

}  // namespace saddleflow
