#include "saddleflow/ode/stepper/difference_jacobian.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace saddleflow {
namespace {

const Real kDifferencePart = std::cbrt(std::numeric_limits<Real>::epsilon());

}  // namespace

void DifferenceJacobian::jacobian(const System& system, const Vector& x, const Vector& f0, Real t, Real step,
                                  Matrix& out) {
  const Index n = x.size() - system.quadratures();
  out.resize(n, n);
  x_ = x;
  high_.resize(x.size());
  low_.resize(x.size());
  const Real largest = x.head(n).cwiseAbs().maxCoeff();
  for (Index j = 0; j < n; ++j) {
    // What the component is, or is about to become; the others' size where it neither is nor moves.
    Real scale = std::max(std::abs(x[j]), std::min(std::abs(step * f0[j]), largest));
    if (!(scale > 0)) scale = largest > 0 ? largest : Real(1);
    x_[j] = x[j] + kDifferencePart * scale;
    const Real above = x_[j] - x[j];  // as rounded
    system(x_, high_, t);
    x_[j] = x[j] - above;
    const Real below = x[j] - x_[j];
    system(x_, low_, t);
    x_[j] = x[j];
    out.col(j) = (high_ - low_).head(n) / (above + below);
  }
}

// One-sided, within the step: the system may not be defined before it. Of second order.
void DifferenceJacobian::time_derivative(const System& system, const Vector& x, const Vector& f0, Real t,
                                         Real step, Vector& out) {
  // Some units of the time's last place at least, so that the two times differ from it and one another.
  constexpr Real kLeastUnits = 16;
  const Real least = kLeastUnits * std::numeric_limits<Real>::epsilon() * std::abs(t);
  const Real later = std::max(kDifferencePart * step, least);
  const Real h = (t + later) - t;
  high_.resize(x.size());
  low_.resize(x.size());
  system(x, low_, t + h);
  system(x, high_, t + 2 * h);
  out = (4 * (low_ - f0) - (high_ - f0)) / (2 * h);
}

}  // namespace saddleflow
