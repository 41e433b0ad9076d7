// The means over Gaussian inputs that populations are made of, against quadratures that know nothing of
// kernels.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numbers>
#include <vector>

#include "saddleflow/network/gaussian_kernel.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(gaussian_kernel_test)

namespace {

using Long = long double;
constexpr Long kLongPi = std::numbers::pi_v<Long>;

HalfAngle half_angle(Long theta) {
  return {static_cast<Real>(std::sin(theta / 2)), static_cast<Real>(std::cos(theta / 2))};
}

/// E[u_+^a v_+^b] = E[r^{a+b}] / (2 pi) times the integral of cos^a(phi) cos^b(phi - theta) where both are
/// positive: in psi = pi/2 - phi from 0 to omega = pi - theta, by Boole's rule on 700 pieces.
Long by_quadrature(int a, int b, HalfAngle angle) {
  const Long omega = 2 * std::atan2(static_cast<Long>(angle.cosine), static_cast<Long>(angle.sine));
  const auto power = [](Long x, int exponent) {
    Long result = 1;
    for (int k = 0; k < exponent; ++k) result *= x;
    return result;
  };
  const auto f = [&](Long psi) { return power(std::sin(psi), a) * power(std::sin(omega - psi), b); };
  constexpr int kPieces = 700;
  const Long h = omega / kPieces;
  Long sum = 0;
  for (int i = 0; i < kPieces; ++i) {
    const Long x = static_cast<Long>(i) * h;
    sum += 7 * f(x) + 32 * f(x + h / 4) + 12 * f(x + h / 2) + 32 * f(x + 3 * h / 4) + 7 * f(x + h);
  }
  const Long n = static_cast<Long>(a + b);
  return sum * h / 90 * std::exp2(n / 2) * std::tgamma(n / 2 + 1) / (2 * kLongPi);
}

const std::vector<Long> kAngles = {0,      1e-9L, 1e-3L, 0.3L, 1,     1.5L,      1.5707L,
                                   1.571L, 1.8L,  2.5L,  3.1L, 3.14L, 3.1415926L};

}  // namespace

// Relative errors: also near opposite vectors, where the mean is 1e-240 for a = b = 16.
BOOST_AUTO_TEST_CASE(rectified_moments_are_those_of_a_quadrature_at_every_angle) {
  const RectifiedMoments moments(16, 16);
  Long worst = 0, worst_low = 0;
  for (int a = 0; a <= 16; ++a)
    for (int b = 0; b <= 16; ++b)
      for (const Long theta : kAngles) {
        const HalfAngle angle = half_angle(theta);
        const Long expected = by_quadrature(a, b, angle);
        const Long error = std::abs(static_cast<Long>(moments.at(a, b, angle)) - expected) / expected;
        worst = std::max(worst, error);
        if (a <= 3 && b <= 3) worst_low = std::max(worst_low, error);
      }
  BOOST_TEST_MESSAGE(fmt::format("relative error, powers up to 3: {:.1e}, up to 16: {:.1e}",
                                 static_cast<double>(worst_low), static_cast<double>(worst)));
  BOOST_TEST(worst_low < 1e-14L);
  BOOST_TEST(worst < 2e-14L);
}

// Cho and Saul (NIPS 2009), equation (6): J_0 to J_2; J_3 by the same rule.
BOOST_AUTO_TEST_CASE(powers_of_the_relu_give_the_arc_cosine_kernels) {
  for (const Long theta : {0.1L, 0.9L, 1.7L, 2.8L}) {
    const Long c = std::cos(theta), s = std::sin(theta), rest = kLongPi - theta;
    const Long j[] = {rest, s + rest * c, 3 * s * c + rest * (1 + 2 * c * c),
                      4 * s * s * s + 15 * s * c * c + rest * c * (9 + 6 * c * c)};
    const RectifiedMoments moments(3, 3);
    for (int p = 0; p <= 3; ++p)
      BOOST_TEST(static_cast<double>(
                     std::abs(2 * kLongPi * static_cast<Long>(moments.at(p, p, half_angle(theta))) - j[p])) <
                 1e-14 * static_cast<double>(j[p]) + 1e-13);
  }
}

namespace {

Real kernel_at(const GaussianKernel& kernel, Long c) { return kernel.at(half_angle(std::acos(c))).value; }

Real sigma_mean(const Activation& a, const Activation& b, Long theta) {
  // Over the four signs of both arguments, each a rectified moment of theta or its supplement.
  const HalfAngle angle = half_angle(theta);
  const int p = a.power(), q = b.power();
  const Real same = static_cast<Real>(by_quadrature(p, q, angle));
  const Real other = static_cast<Real>(by_quadrature(p, q, angle.supplement()));
  const Real na = a.value(-1), nb = b.value(-1);
  return (1 + na * nb) * same + (na + nb) * other;
}

}  // namespace

BOOST_AUTO_TEST_CASE(kernels_of_any_two_activations_and_their_derivatives) {
  struct Pair {
    Real slope;
    int power;
    Real other_slope;
    int other_power;
  };
  Real worst = 0, worst_slope = 0;
  for (const Pair& pair : std::vector<Pair>{{0, 1, 0, 1},
                                            {0, 2, 0, 2},
                                            {0, 3, 0, 3},
                                            {Real(0.2), 1, Real(-0.5), 1},
                                            {Real(0.3), 3, Real(0.3), 3},
                                            {Real(-0.4), 2, 0, 2},
                                            {1, 1, 1, 1},
                                            {1, 1, 0, 2},
                                            {-1, 2, -1, 2},
                                            {-1, 1, -1, 1},
                                            {1, 3, 1, 3},
                                            {1, 4, -1, 2},
                                            {0, 2, 1, 1},
                                            {0, 1, 0, 3},
                                            {0, 5, Real(0.1), 4}}) {
    const Activation a(pair.slope, pair.power), b(pair.other_slope, pair.other_power);
    const GaussianKernel kernel(a, b);
    const Real unit = std::sqrt(GaussianKernel(a, a).of_one() * GaussianKernel(b, b).of_one());
    for (const Long theta : {0.0L, 0.4L, 1.2L, 1.9L, 2.9L, kLongPi}) {
      const KernelTerms terms = kernel.at(half_angle(theta));
      worst = std::max(worst, std::abs(terms.value - sigma_mean(a, b, theta)) / unit);
      if (theta == 0 || theta == kLongPi) {
        BOOST_TEST(std::abs(terms.cross) < 1e-12 * unit);
        continue;
      }
      const Long c = std::cos(theta), h = 1e-3L;
      const auto k = [&](int i) { return kernel_at(kernel, c + static_cast<Long>(i) * h); };
      const Real first = (8 * (k(1) - k(-1)) - (k(2) - k(-2))) / (12 * static_cast<Real>(h));
      const Real second =
          (16 * (k(1) + k(-1)) - (k(2) + k(-2)) - 30 * k(0)) / (12 * static_cast<Real>(h * h));
      const Real sine = static_cast<Real>(std::sin(theta)), p = static_cast<Real>(pair.power);
      worst_slope =
          std::max({worst_slope, std::abs(terms.first - first) / unit,
                    std::abs(terms.cross - sine * sine * second) / unit / 100,
                    std::abs(terms.radial - (p * terms.value - static_cast<Real>(c) * terms.first)) / unit});
    }
    BOOST_TEST(std::abs(kernel.of_one() - kernel.at(HalfAngle{}).value) < 1e-14 * unit);
  }
  BOOST_TEST_MESSAGE(
      fmt::format("values against a quadrature: {:.1e}; derivatives against differences: {:.1e}",
                  static_cast<double>(worst), static_cast<double>(worst_slope)));
  BOOST_TEST(worst < 1e-14);
  BOOST_TEST(worst_slope < 1e-8);
}

BOOST_AUTO_TEST_CASE(angles_keep_their_digits_at_both_ends) {
  for (const Long small : {1e-3L, 1e-7L, 1e-12L}) {
    const Vector u = Vector::Unit(3, 0);
    const Vector v{{static_cast<Real>(std::cos(small)), static_cast<Real>(std::sin(small)), 0}};
    BOOST_TEST(std::abs(static_cast<Long>(HalfAngle::between(u, v).sine) / std::sin(small / 2) - 1) <
               1e-4L * 1e-10L);
    BOOST_TEST(std::abs(static_cast<Long>(HalfAngle::between(u, Vector(-v)).cosine) / std::sin(small / 2) -
                        1) < 1e-4L * 1e-10L);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
