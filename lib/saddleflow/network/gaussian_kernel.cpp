#include "saddleflow/network/gaussian_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numbers>

namespace saddleflow {
namespace {

constexpr Real kPi = std::numbers::pi_v<Real>;
const Real kRootTwoPi = std::sqrt(2 * kPi);

Real whole_power(Real x, int exponent) {
  Real result = 1;
  for (int k = 0; k < exponent; ++k) result *= x;
  return result;
}

/// (k - 1)!! of an even k: E[z^k].
Real even_moment(int k) {
  Real moment = 1;
  for (int j = k - 1; j > 1; j -= 2) moment *= static_cast<Real>(j);
  return moment;
}

Real binomial(int n, int k) {
  Real result = 1;
  for (int j = 1; j <= k; ++j) result *= static_cast<Real>(n - k + j) / static_cast<Real>(j);
  return result;
}

/// Coefficients of c^0, c^1, ... in E[u^p v^q] (Isserlis): k pairs (u, v), the rest among themselves.
std::vector<Real> power_moments(int p, int q) {
  if (p < 0 || q < 0) return {0};
  std::vector<Real> coefficients(static_cast<std::size_t>(std::min(p, q)) + 1, Real(0));
  Real factorial = 1;
  for (int k = 0; k <= std::min(p, q); ++k) {
    if (k > 0) factorial *= static_cast<Real>(k);
    if ((p - k) % 2 == 0 && (q - k) % 2 == 0)
      coefficients[static_cast<std::size_t>(k)] =
          factorial * binomial(p, k) * binomial(q, k) * even_moment(p - k) * even_moment(q - k);
  }
  return coefficients;
}

std::vector<Real> times(std::vector<Real> coefficients, Real factor) {
  for (Real& c : coefficients) c *= factor;
  return coefficients;
}

Real horner(const std::vector<Real>& coefficients, Real x) {
  Real sum = 0;
  for (auto c = coefficients.rbegin(); c != coefficients.rend(); ++c) sum = sum * x + *c;
  return sum;
}

}  // namespace

Real negative_part(const Activation& activation) {
  return whole_power(-activation.slope(), activation.power());
}

// 2^{k/2 - 1} Gamma((k+1)/2) / sqrt(pi), by E[z_+^k] = (k-1) E[z_+^{k-2}].
Real half_moment(int k) {
  Real moment = k % 2 == 0 ? Real(0.5) : 1 / kRootTwoPi;
  for (int j = k; j > 1; j -= 2) moment *= static_cast<Real>(j - 1);
  return moment;
}

RectifiedMoments::RectifiedMoments(int most_first, int most_second) : rows_(most_first + 1) {
  for (int k = 0; k <= kMostPower; ++k)
    half_moments_[static_cast<std::size_t>(k)] = half_moment(k) / kRootTwoPi;
  for (int b = 0; b <= most_second; ++b)
    for (int a = 0; a <= most_first; ++a) series_.push_back(make_series(a, b));
}

Real RectifiedMoments::at(int a, int b, HalfAngle angle) const {
  if (a == 0 && b == 0) return std::atan2(angle.cosine, angle.sine) / kPi;
  if (angle.cosine >= angle.sine) return by_parts(a, b, angle);
  const auto row = static_cast<std::size_t>(a), column = static_cast<std::size_t>(b);
  return by_series(series_[row + static_cast<std::size_t>(rows_) * column], a + b + 1, angle);
}

// E[u u_+^{a-1} v_+^b] = (a-1) E[u_+^{a-2} v_+^b] + c b E[u_+^{a-1} v_+^{b-1}], with Dirac's delta as the
// derivative of the step. Row by row: the moments are symmetric in a and b, so that b <= a will do.
Real RectifiedMoments::by_parts(int a, int b, HalfAngle angle) const {
  if (a < b) std::swap(a, b);
  const Real c = angle.cos(), s = angle.sin();
  Real moments[kMostPower + 1][kMostPower + 1];
  moments[0][0] = std::atan2(angle.cosine, angle.sine) / kPi;
  Real power = 1;  // s^{i-1}
  for (int i = 1; i <= a; ++i, power *= s)
    for (int j = 0; j <= std::min(i, b); ++j) {
      Real first = 0;
      if (i == 1)
        first = (j == 0 ? Real(1) : s) * half_moments_[static_cast<std::size_t>(j)];
      else
        first = static_cast<Real>(i - 1) * (i - 2 >= j ? moments[i - 2][j] : moments[j][i - 2]);
      const Real second = j == 0 ? power * half_moments_[static_cast<std::size_t>(i) - 1]
                                 : static_cast<Real>(j) * moments[i - 1][j - 1];
      moments[i][j] = first + c * second;
    }
  return moments[a][b];  // NOLINT(clang-analyzer-core.uninitialized.UndefReturn): a >= b, a > 0, all filled
}

Real RectifiedMoments::by_series(const Series& series, int power, HalfAngle angle) const {
  const Real x = angle.cosine * angle.cosine;
  Real sum = 0;
  for (const Real c : series.coefficients) sum = sum * x + c;
  const Real base = series.of_sine ? angle.sin() : 2 * angle.cosine;
  return series.factor * whole_power(base, power) * sum;
}

// In polar coordinates E = E[r^{a+b}] S(pi - theta) / (2 pi) with S(omega) = int_0^omega sin^a(psi)
// sin^b(omega - psi) dpsi. By Euler's transformation the parameters of its series are (1 +- (a-b))/2; where
// that makes terms negative, those before the transformation serve.
RectifiedMoments::Series RectifiedMoments::make_series(int a, int b) {
  Series series;
  series.of_sine = std::abs(a - b) > 1;
  const auto n = static_cast<Real>(a + b), difference = static_cast<Real>(a - b);
  const Real alpha = series.of_sine ? static_cast<Real>(a + 1) : (1 + difference) / 2;
  const Real beta = series.of_sine ? static_cast<Real>(b + 1) : (1 - difference) / 2;
  const Real gamma = (n + 3) / 2;
  // The argument is at most 1/2.
  Real term = 1, bound = 1;
  for (int j = 0; term != 0; ++j) {
    series.coefficients.push_back(term);
    const auto k = static_cast<Real>(j);
    const Real ratio = (alpha + k) * (beta + k) / ((gamma + k) * (1 + k));
    term *= ratio;
    bound *= ratio / 2;
    if (ratio < Real(1.5) && bound < std::numeric_limits<Real>::epsilon() / 8) break;
  }
  std::reverse(series.coefficients.begin(), series.coefficients.end());
  // B(a+1, b+1) = a! b! / (a+b+1)!, and E[r^n] = 2^{n/2} Gamma(n/2 + 1).
  const Real beta_function = 1 / (binomial(a + b, a) * (n + 1));
  series.factor = beta_function * std::exp2(n / 2) * std::tgamma(n / 2 + 1) / (2 * kPi);
  return series;
}

GaussianKernel::GaussianKernel(const Activation& first, const Activation& second)
    : p_(first.power()),
      q_(second.power()),
      same_(1 + negative_part(first) * negative_part(second)),
      opposite_(negative_part(first) + negative_part(second)),
      is_polynomial_(first.is_polynomial() && second.is_polynomial()),
      moments_(p_, q_),
      of_one_(same_ * half_moment(p_ + q_)) {
  if (!is_polynomial_) return;
  const auto p = static_cast<Real>(p_), q = static_cast<Real>(q_);
  value_ = power_moments(p_, q_);
  first_ = times(power_moments(p_ - 1, q_ - 1), p * q);
  radial_ = times(power_moments(p_ - 2, q_), p * (p - 1));
  second_ = times(power_moments(p_ - 2, q_ - 2), p * (p - 1) * q * (q - 1));
}

KernelTerms GaussianKernel::polynomial(HalfAngle angle) const {
  const Real c = angle.cos(), s = angle.sin();
  return {horner(value_, c), horner(first_, c), horner(radial_, c), s * s * horner(second_, c)};
}

KernelTerms GaussianKernel::rectified(HalfAngle angle) const {
  const auto p = static_cast<Real>(p_), q = static_cast<Real>(q_);
  const Real s = angle.sin();
  KernelTerms terms;
  terms.value = moments_.at(p_, q_, angle);
  terms.first = p * q * moments_.at(p_ - 1, q_ - 1, angle);
  terms.radial = p_ == 1 ? whole_power(s, q_) * half_moment(q_) / kRootTwoPi
                         : p * (p - 1) * moments_.at(p_ - 2, q_, angle);
  if (p_ == 1 && q_ == 1)
    terms.cross = s / (2 * kPi);
  else if (p_ == 1)
    terms.cross = q * (q - 1) * whole_power(s, q_) * half_moment(q_ - 2) / kRootTwoPi;
  else if (q_ == 1)
    terms.cross = p * (p - 1) * whole_power(s, p_) * half_moment(p_ - 2) / kRootTwoPi;
  else
    terms.cross = s * s * p * (p - 1) * q * (q - 1) * moments_.at(p_ - 2, q_ - 2, angle);
  return terms;
}

KernelTerms GaussianKernel::at(HalfAngle angle) const {
  if (is_polynomial_) return polynomial(angle);
  const KernelTerms same = rectified(angle);
  if (opposite_ == 0)
    return {same_ * same.value, same_ * same.first, same_ * same.radial, same_ * same.cross};
  const KernelTerms other = rectified(angle.supplement());
  return {same_ * same.value + opposite_ * other.value, same_ * same.first - opposite_ * other.first,
          same_ * same.radial + opposite_ * other.radial, same_ * same.cross + opposite_ * other.cross};
}

}  // namespace saddleflow
