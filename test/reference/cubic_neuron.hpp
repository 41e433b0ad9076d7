// V5: one neuron of degree 3, H = b (a.x)^2, on equispaced points of the unit circle (THEORY.md, section 6).
#pragma once

#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow::reference {

/// Targets ((1,0).x)^2, n >= 5 samples, square loss (sum), balanced start |a| = sqrt(2) b. In polar
/// coordinates, theta = angle(a, (1,0)) in (0, pi/2) and kappa = n/8,
///   b' = -2 kappa b^2 (6b^3 - 1 - 2 cos^2 theta),   theta' = -4 kappa b sin(theta) cos(theta).
/// Over ell = ln tan theta, v = b^{-3} obeys the *linear* equation dv/dell = (3/2 + 3 cos^2 theta) v - 9,
/// hence
///   b^{-3} = mu(theta) [ b0^{-3}/mu(theta0) + (9/2)(B(sin^2 theta0) - B(sin^2 theta)) ],
/// mu = sin^{9/2}(theta) cos^{-3/2}(theta) and B(y) the incomplete beta function B(y; -9/4, 3/4): the orbit
/// is closed form. The time on it is one quadrature of an analytic function, t = (1/4kappa) int_ell^{ell0} d
/// ell / b, done with 20 Gauss points on panels of length 1/2, far below rounding.
class CubicNeuron {
 public:
  /// Throws std::invalid_argument for fewer than 5 samples or theta0 outside (0, pi/2).
  CubicNeuron(Index samples, Real theta0, Real b0, Real t_end);
  /// b as a function of ell = ln tan theta.
  Real outer_weight(Real ell) const;
  /// (a_1, a_2, b) at time t in [0, t_end].
  Vector weights(Real t) const;

 private:
  Real time_between(Real from, Real to) const;
  Real rate_, ell0_, mu0_, start_, beta0_;
  std::vector<Real> panel_time_;  // time at which panel i begins, at ell0 - i * panel length
};

}  // namespace saddleflow::reference
