#include "reference/cubic_neuron.hpp"

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <stdexcept>

#include "reference/invert.hpp"

namespace saddleflow::reference {

namespace {

constexpr Real panel_length = Real(0.5);

struct Angle {
  Real sine_squared, cosine_squared;
  explicit Angle(Real ell) {
    using std::exp;
    sine_squared = 1 / (1 + exp(-2 * ell));
    cosine_squared = 1 / (1 + exp(2 * ell));
  }
};

/// B(y; -9/4, 3/4) continued from B(y; 3/4, 3/4) by B(y; a, b) = [(a+b) B(y; a+1, b) + y^a (1-y)^b] / a.
Real incomplete_beta(const Angle& angle) {
  using std::pow;
  const Real b = Real(3) / 4;
  Real value = boost::math::beta(b, b, angle.sine_squared);
  for (const Real a : {-Real(1) / 4, -Real(5) / 4, -Real(9) / 4})
    value = ((a + b) * value + pow(angle.sine_squared, a) * pow(angle.cosine_squared, b)) / a;
  return value;
}

/// sin^{9/2} cos^{-3/2}
Real integrating_factor(const Angle& angle) {
  using std::pow;
  return pow(angle.sine_squared, Real(9) / 4) * pow(angle.cosine_squared, -Real(3) / 4);
}

Real log_tangent(Real theta) {
  using std::log;
  using std::tan;
  if (!(theta > 0 && theta < std::acos(Real(0))))
    throw std::invalid_argument("CubicNeuron: theta0 outside (0, pi/2)");
  return log(tan(theta));
}

}  // namespace

CubicNeuron::CubicNeuron(Index samples, Real theta0, Real b0, Real t_end)
    : rate_(static_cast<Real>(samples) / 8),
      ell0_(log_tangent(theta0)),
      mu0_(integrating_factor(Angle(ell0_))),
      start_(1 / (b0 * b0 * b0)),
      beta0_(incomplete_beta(Angle(ell0_))) {
  if (samples < 5) throw std::invalid_argument("CubicNeuron: at least 5 samples");
  panel_time_.push_back(0);
  for (Real ell = ell0_; panel_time_.back() < t_end; ell -= panel_length)
    panel_time_.push_back(panel_time_.back() + time_between(ell, ell - panel_length));
}

Real CubicNeuron::outer_weight(Real ell) const {
  using std::cbrt;
  const Angle angle(ell);
  const Real cubed =
      integrating_factor(angle) * (start_ / mu0_ + Real(4.5) * (beta0_ - incomplete_beta(angle)));
  return 1 / cbrt(cubed);
}

Real CubicNeuron::time_between(Real from, Real to) const {
  const auto integrand = [this](Real ell) { return 1 / outer_weight(ell); };
  return boost::math::quadrature::gauss<Real, 20>::integrate(integrand, to, from) / (4 * rate_);
}

Vector CubicNeuron::weights(Real t) const {
  using std::sqrt;
  const auto next = std::upper_bound(panel_time_.begin() + 1, panel_time_.end() - 1, t);
  const auto panel = next - panel_time_.begin() - 1;
  const Real begin = ell0_ - static_cast<Real>(panel) * panel_length;
  const auto elapsed = [&](Real travelled) { return time_between(begin, begin - travelled); };
  const Real target = t - panel_time_[static_cast<std::size_t>(panel)];
  const Real ell = begin - invert_increasing(elapsed, target, 0, panel_length);
  const Angle angle(ell);
  const Real b = outer_weight(ell);
  Vector w(3);
  w << b * sqrt(2 * angle.cosine_squared), b * sqrt(2 * angle.sine_squared), b;
  return w;
}

}  // namespace saddleflow::reference
