#include "saddleflow/ode/stepper/integrating_factor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace saddleflow {
namespace {

// A group below this part of the largest one grows by itself, by judgement: what it changes elsewhere is of
// the order of its square, and the transformation is exact in any case.
constexpr Real kSmall = Real(0.1);
// Of the time in which a law of degree above 2 blows up the part that a step may take: the factor is then 100
// (degree 3), and the next step begins with a new law.
constexpr Real kOfBlowUp = Real(0.99);
// Rates are known, to a tenth, where they are so many times what they are rounded to.
constexpr Real kKnown = 10;
// e-folds of a law of degree 2 that a step may take: far from the ends of the range of numbers.
constexpr Real kMostFolds = 100;

}  // namespace

void IntegratingFactor::measure(const Vector& x, const Vector& f, const Vector& rounding) {
  group_sizes(growth_, x, size_);
  rate_.setZero(growth_.count);
  noise_.setZero(growth_.count);
  Vector squares = Vector::Zero(growth_.count);
  const auto add = [&](const std::vector<int>& groups) {
    for (std::size_t k = 0; k < groups.size(); ++k) {
      if (groups[k] < 0 || size_[groups[k]] == 0) continue;
      const auto i = static_cast<Index>(k);
      const Real unit = size_[groups[k]], y = x[i] / unit, noise = rounding[i] / unit;
      squares[groups[k]] += y * y;
      rate_[groups[k]] += y * (f[i] / unit);
      noise_[groups[k]] += noise * noise;
    }
  };
  add(growth_.first);
  add(growth_.second);
  for (Index g = 0; g < size_.size(); ++g) {
    if (size_[g] == 0) continue;
    rate_[g] /= squares[g];
    noise_[g] = std::sqrt(noise_[g] / squares[g]);
    // A law that is rounding would carry away what is at rest.
    if (std::abs(rate_[g]) < kKnown * noise_[g]) rate_[g] = 0;
  }
}

void IntegratingFactor::choose(Real h) {
  const auto n = static_cast<Index>(growth_.first.size());
  const Real small = kSmall * size_.maxCoeff();
  Real fastest = 0;
  for (Index g = 0; g < size_.size(); ++g)
    if (size_[g] < small) fastest = std::max(fastest, rate_[g]);
  alpha_.setZero(n);
  active_ = fastest * h >= worthwhile_;
  unit_ = fastest;
  longest_ = exponent() > 0 ? kOfBlowUp / (exponent() * fastest) : kMostFolds / fastest;
  for (Index i = 0; active_ && i < n; ++i) {
    const int group = smaller_group(growth_, size_, i);
    // What decays faster than anything grows is on its way through zero, or follows something that moves.
    if (group >= 0 && size_[group] < small && rate_[group] >= -fastest) alpha_[i] = rate_[group];
  }
}

void IntegratingFactor::begin(const System& system, const Vector& x, const Vector& f, const Vector& rounding,
                              Real t, Real h) {
  active_ = false;
  if (growth_.first.empty() || growth_.degree < 2) return;
  system_ = system;
  t0_ = t;
  f_ = f;
  measure(x, f, rounding);
  choose(h);
}

Real IntegratingFactor::factor(Real alpha, Real tau) const {
  if (alpha == 0) return 1;
  if (exponent() == 0) return std::exp(alpha * tau);
  const Real left = 1 - exponent() * alpha * tau;
  return exponent() == 1 ? 1 / left : std::pow(left, Real(-1) / exponent());
}

const Vector& IntegratingFactor::factors(Real tau) {
  factor_.resize(alpha_.size());
  Real alpha = 0, known = 1;  // most neighbours are of one group
  for (Index i = 0; i < alpha_.size(); ++i) {
    if (alpha_[i] != alpha) {
      alpha = alpha_[i];
      known = factor(alpha, tau);
    }
    factor_[i] = known;
  }
  return factor_;
}

void IntegratingFactor::start_rate(const Vector& x, const Vector& f, Vector& out) const {
  out = f;
  out.head(alpha_.size()) -= alpha_.cwiseProduct(x.head(alpha_.size()));
}

void IntegratingFactor::operator()(const Vector& v, Vector& dvdt, Real t) {
  const Index n = alpha_.size();
  factors(t - t0_);
  whole_ = v;
  whole_.head(n) = whole_.head(n).cwiseProduct(factor_);
  (*system_)(whole_, dvdt, t);
  f_ = dvdt;
  for (Index i = 0; i < n; ++i) {
    const Real m = factor_[i];
    if (alpha_[i] == 0) continue;
    Real rate = alpha_[i];
    for (int k = 0; k < exponent(); ++k) rate *= m;
    dvdt[i] = dvdt[i] / m - rate * v[i];
  }
}

// d/dt [f(m v) / m - alpha m^{d-2} v] = J (alpha v) - alpha f - (d-2) alpha^2 v. Of integrals Q (alpha v).
void IntegratingFactor::time_derivative(const Vector& x, const Matrix& quadrature_rows, Vector& out) {
  const Index n = alpha_.size();
  relative_ = alpha_ / unit_;
  growth_rate_ = relative_.cwiseProduct(x.head(n));
  whole_.resize(n);
  system_->hessian_vector(x, growth_rate_, whole_, t0_);
  out.resize(x.size());
  out.head(n) = -whole_ - relative_.cwiseProduct(f_.head(n) + exponent() * alpha_.cwiseProduct(x.head(n)));
  if (x.size() > n) out.tail(x.size() - n) = quadrature_rows * growth_rate_;
}

}  // namespace saddleflow
