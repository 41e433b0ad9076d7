// Derivatives of a right-hand side by differences, for stiff methods and systems that offer none.
#pragma once

#include "saddleflow/base/real.hpp"
#include "saddleflow/ode/stepper/system.hpp"

namespace saddleflow {

/// Differences of second order: with increments of a part eps^{1/3} of what a component changes over, a
/// derivative is known to eps^{2/3} of it, 4e-11 for doubles. That is enough for a Rosenbrock method of order
/// 5, whose order conditions ask for the exact Jacobian: one of first order (1e-8) would show at tight
/// tolerances.
class DifferenceJacobian {
 public:
  /// out = df/dx at (x, t), square, of the leading components (System::quadratures()); f0 = f(x, t), `step`:
  /// what is to be tried, the scale of components that are zero. Two right-hand sides a component.
  void jacobian(const System& system, const Vector& x, const Vector& f0, Real t, Real step, Matrix& out);
  /// out = df/dt, from two right-hand sides at times within the step; exactly zero where f does not ask for
  /// the time.
  void time_derivative(const System& system, const Vector& x, const Vector& f0, Real t, Real step,
                       Vector& out);

 private:
  Vector x_, high_, low_;
};

}  // namespace saddleflow
