// What the closed forms say about small starts: the limit path, its rate of approach, and escape times.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "reference/cubic_neuron.hpp"
#include "reference/deep_scalar.hpp"
#include "reference/scalar_product.hpp"
#include "reference/square_neuron.hpp"

BOOST_AUTO_TEST_SUITE(limit_test)

using namespace saddleflow;
using namespace saddleflow::reference;

namespace {

/// The exponent beta of error = const * delta^beta between two scales.
Real exponent(Real error_large, Real error_small, Real delta_large, Real delta_small) {
  return std::log(error_large / error_small) / std::log(delta_large / delta_small);
}

}  // namespace

// V1 on the ray delta (1,1)/sqrt 2: N* = s/2, T = ln(1/delta)/(2N*), error exactly O(delta^2).
BOOST_AUTO_TEST_CASE(v1_approaches_its_limit_path_quadratically) {
  const Real s = Real(1.3), t = Real(0.4);
  std::vector<Real> errors;
  for (const Real delta : {Real(1e-2), Real(1e-3)}) {
    const Real shift = -std::log(delta) / s;
    errors.push_back(std::abs(balanced_product(s, delta * delta / 2, t + shift) - limit_path_product(s, t)));
  }
  const Real rate = exponent(errors[0], errors[1], Real(1e-2), Real(1e-3));
  BOOST_TEST_MESSAGE("V1 limit path: error " << errors[0] << ", " << errors[1] << ", exponent " << rate);
  BOOST_TEST(std::abs(rate - 2) < Real(0.001));
}

// V2: escape at 1/((m-2) s a0^{m-2}) to leading order.
BOOST_AUTO_TEST_CASE(v2_escape_times) {
  const Real s = Real(1.5);
  for (const int factors : {3, 4})
    for (const Real a0 : {Real(1e-2), Real(1e-3)}) {
      const Real scale = std::pow(a0, Real(factors - 2));
      const Real ratio = DeepScalar(factors, s, a0).time(Real(0.5)) * (factors - 2) * s * scale;
      BOOST_TEST_MESSAGE("V2, " << factors << " factors from " << a0 << ": escape time ratio " << ratio);
      BOOST_TEST(std::abs(ratio - 1) < 4 * scale);
    }
}

// V4 off the ray, after the further shift (1/2N*) ln(1/c0): angle error delta^{2/3}.
BOOST_AUTO_TEST_CASE(v4_angle_error_at_escape) {
  constexpr Index n = 8;  // t' = t
  std::vector<Real> angles;
  for (const Real delta : {Real(1e-4), Real(1e-6)}) {
    const Real theta0 = Real(0.8);
    const SquareNeuron solution(n, delta * std::cos(theta0), delta * std::sin(theta0));
    const Real shift = -std::log(delta * std::cos(theta0)) / 6;  // e^{-6t'} |w| -> delta cos(theta0)
    const Vector w = solution.weights(shift);
    angles.push_back(std::atan(w(1) / w(0)));
    BOOST_TEST(std::abs(w.norm() - square_neuron_limit_path(n, 0)) < Real(0.01));
  }
  const Real rate = exponent(angles[0], angles[1], Real(1e-4), Real(1e-6));
  BOOST_TEST_MESSAGE("V4 angle error exponent " << rate);
  BOOST_TEST(std::abs(rate - Real(2) / 3) < Real(0.001));
}

// V5: N* = (2/sqrt 3)(n/8), D = 3; near the ray T D (D-2) N* delta -> 1, off it the angle error is
// delta^{2/3}.
BOOST_AUTO_TEST_CASE(v5_escape_time_and_angle) {
  constexpr Index n = 6;
  const Real value = 2 / std::sqrt(Real(3)) * Real(n) / 8;
  for (const Real delta : {Real(1e-2), Real(1e-3)}) {
    const Real t_escape = 1 / (3 * value * delta);
    const CubicNeuron near_ray(n, Real(1e-6), delta / std::sqrt(Real(3)), 2 * t_escape);
    Real low = 0, high = 2 * t_escape;  // when b^3 = 1/4, half its final value
    for (int i = 0; i < 60; ++i) {
      const Real middle = (low + high) / 2;
      (std::pow(near_ray.weights(middle)(2), 3) < Real(0.25) ? low : high) = middle;
    }
    BOOST_TEST_MESSAGE("V5 from " << delta << ": escape time ratio " << low / t_escape);
    BOOST_TEST(std::abs(low / t_escape - 1) < 2 * delta);
  }
  std::vector<Real> angles;
  for (const Real delta : {Real(1e-3), Real(1e-5)}) {
    const CubicNeuron solution(n, Real(0.8), delta, 0);
    Real low = -40, high = 0;  // ell at which b^3 = 1/4
    for (int i = 0; i < 80; ++i) {
      const Real middle = (low + high) / 2;
      (std::pow(solution.outer_weight(middle), 3) < Real(0.25) ? high : low) = middle;
    }
    angles.push_back(std::exp(low));
  }
  const Real rate = exponent(angles[0], angles[1], Real(1e-3), Real(1e-5));
  BOOST_TEST_MESSAGE("V5 angle error exponent " << rate);
  BOOST_TEST(std::abs(rate - Real(2) / 3) < Real(0.001));
}

BOOST_AUTO_TEST_SUITE_END()
