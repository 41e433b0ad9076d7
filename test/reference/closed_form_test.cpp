// Every closed form against its own differential equation, integrated independently in long double.
#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "reference/cubic_neuron.hpp"
#include "reference/deep_scalar.hpp"
#include "reference/logistic_product.hpp"
#include "reference/long_double_flow.hpp"
#include "reference/scalar_product.hpp"
#include "reference/square_neuron.hpp"

BOOST_AUTO_TEST_SUITE(closed_form_test)

namespace data = boost::unit_test::data;
using namespace saddleflow;
using namespace saddleflow::reference;

namespace {

constexpr Real epsilon = std::numeric_limits<Real>::epsilon();
/// Rounding of Real, but not below what the integrator in long double delivers.
const Real tolerance = std::max(500 * epsilon, Real(2e-15));

/// Integrates through `times` and returns the largest |exact - integrated|/|integrated|.
Real worst_error(const LongRhs& rhs, LongState x, const std::vector<Real>& times,
                 const std::function<Vector(Real)>& exact) {
  Real worst = 0;
  long double now = 0;
  for (const Real t : times) {
    x = integrate_long_double(rhs, x, now, static_cast<long double>(t));
    now = static_cast<long double>(t);
    const Vector found = exact(t);
    BOOST_REQUIRE(static_cast<std::size_t>(found.size()) == x.size());
    long double error = 0, size = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const long double difference = static_cast<long double>(found(static_cast<Index>(i))) - x[i];
      error += difference * difference;
      size += x[i] * x[i];
    }
    worst = std::max(worst, static_cast<Real>(std::sqrt(error / size)));
  }
  return worst;
}

LongRhs scalar_product_flow(long double s) {
  return [s](const LongState& x, LongState& rate) {
    const long double residual = s - x[0] * x[1];
    rate[0] = residual * x[1];
    rate[1] = residual * x[0];
  };
}

enum class OuterFactor { frozen, follows };

/// Gradient flow of (1/2) sum_i (H(x_i) - x_{i1}^2)^2 on the circle, one term after the other, H = b (a.x)^2
/// with weights (a, b), or b = 1 frozen.
LongRhs circle_flow(int samples, OuterFactor weight) {
  return [samples, outer = weight == OuterFactor::follows](const LongState& w, LongState& rate) {
    std::fill(rate.begin(), rate.end(), 0.0L);
    const long double b = outer ? w[2] : 1.0L;
    for (int i = 0; i < samples; ++i) {
      const long double angle = 2 * std::acos(-1.0L) * i / samples;
      const long double c = std::cos(angle), s = std::sin(angle);
      const long double z = w[0] * c + w[1] * s;
      const long double residual = c * c - b * z * z;
      rate[0] += residual * b * 2 * z * c;
      rate[1] += residual * b * 2 * z * s;
      if (outer) rate[2] += residual * z * z;
    }
  };
}

}  // namespace

BOOST_DATA_TEST_CASE(v1_scalar_product,
                     data::make({1e-3, 0.02, 1.5, 1e-3, 0.3}) ^ data::make({1e-3, 0.005, 0.2, 2.0, -0.1}),
                     start_a, start_b) {
  const Real a0 = Real(start_a), b0 = Real(start_b), s = Real(1.25);
  const ScalarProduct solution(s, a0, b0);
  const Real error =
      worst_error(scalar_product_flow(1.25L), {a0, b0}, {1, 3, 5, 6, 7, 8, 12, 20}, [&](Real t) {
        const Pair pair = solution.state(t);
        return Vector((Vector(2) << pair.a, pair.b).finished());
      });
  BOOST_TEST_MESSAGE("V1 from (" << start_a << ", " << start_b << "): " << error);
  BOOST_TEST(error < tolerance);
}

// The two formulas as THEORY.md, V1, prints them, against the form that ScalarProduct evaluates.
BOOST_AUTO_TEST_CASE(v1_printed_formulas) {
  using std::abs;
  using std::cosh;
  const Real s = Real(0.8), q0 = Real(0.01);
  for (const Real t : {Real(0), Real(1), Real(4), Real(10)}) {
    const Pair pair = ScalarProduct(s, Real(0.1), Real(0.1)).state(t);
    BOOST_TEST(abs(pair.a * pair.b / balanced_product(s, q0, t) - 1) < tolerance);
  }
  const Real a0 = Real(0.5), b0 = Real(0.1), c = a0 * a0 - b0 * b0;
  const auto h_of = [](const Pair& pair) {
    return pair.b / pair.a;
  };  // a = sqrt c cosh, b = sqrt c sinh(theta/2)
  for (const Real t : {Real(0.5), Real(1), Real(4), Real(10)}) {
    const Pair pair = ScalarProduct(s, a0, b0).state(t);
    BOOST_TEST(abs(pair.a * pair.a - pair.b * pair.b - c) < tolerance);
    // Near the end h approaches its limit like e^{-Kt} and no longer tells the time to full accuracy.
    BOOST_TEST(abs(unbalanced_time(s, c, b0 / a0, h_of(pair)) - t) < tolerance * std::exp(2 * t));
  }
}

BOOST_DATA_TEST_CASE(v2_deep_scalar, data::make({3, 4}) * data::make({0.05, 0.2}), factors, start) {
  const Real a0 = Real(start), s = Real(1.1);
  const DeepScalar solution(factors, s, a0);
  const auto m = static_cast<long double>(factors);
  const auto target = static_cast<long double>(s);
  const LongRhs flow = [m, target](const LongState& x, LongState& rate) {
    rate[0] = std::pow(x[0], m - 1) * (target - std::pow(x[0], m));
  };
  const Real escape = -std::log(Real(0.5)) + std::pow(a0, Real(2 - factors)) / (Real(factors - 2) * s);
  const std::vector<Real> times = {escape / 4, escape / 2, escape * Real(0.9),
                                   escape,     escape + 1, escape + 8};
  const Real error =
      worst_error(flow, {a0}, times, [&](Real t) { return Vector(Vector::Constant(1, solution.factor(t))); });
  BOOST_TEST_MESSAGE("V2 with " << factors << " factors from " << start << ": " << error);
  // The escape time is of size 1/a0^{m-2}, and its rounding is an error of the state.
  BOOST_TEST(error < tolerance * std::max(Real(1), escape / 10));
}

BOOST_DATA_TEST_CASE(v4_square_neuron, data::make({1e-3, 1e-5, 0.3}) ^ data::make({2e-3, 0.1, -1.0}), along,
                     across) {
  const SquareNeuron solution(7, Real(along), Real(across));
  const Real error =
      worst_error(circle_flow(7, OuterFactor::frozen), {Real(along), Real(across)},
                  {Real(0.5), 1, 2, 3, 4, 5, 6, 7, 8, 10, 14}, [&](Real t) { return solution.weights(t); });
  BOOST_TEST_MESSAGE("V4 from (" << along << ", " << across << "): " << error);
  BOOST_TEST(error < tolerance);
}

// tan(theta0) = 1e12: half way between arrival and departure the neuron still lies on the saddle |w|^2 = 1/3.
BOOST_AUTO_TEST_CASE(v4_stays_near_its_saddle) {
  const Vector w = SquareNeuron(8, Real(1e-14), Real(1e-2)).weights(Real(4.5));
  BOOST_TEST(std::abs(w.squaredNorm() - Real(1) / 3) < Real(1e-4));
  BOOST_TEST(std::abs(w(0)) < Real(1e-4));
}

BOOST_DATA_TEST_CASE(v5_cubic_neuron, data::make({0.9, 0.05, 1.5}) ^ data::make({0.05, 0.1, 0.3}), theta0,
                     b0) {
  const CubicNeuron solution(6, Real(theta0), Real(b0), 20);
  const Vector w0 = solution.weights(0);
  BOOST_TEST(std::abs(w0(2) - Real(b0)) <= 8 * epsilon * Real(b0));
  const Real error = worst_error(circle_flow(6, OuterFactor::follows), {w0(0), w0(1), w0(2)},
                                 {Real(0.25), 1, 2, 4, 6, 8, 9, 10, 11, 12, 15, 20},
                                 [&](Real t) { return solution.weights(t); });
  BOOST_TEST_MESSAGE("V5 from theta " << theta0 << ", b " << b0 << ": " << error);
  BOOST_TEST(error < tolerance);
}

BOOST_DATA_TEST_CASE(v6_logistic, data::make({1e-2, 0.3, 1.0}), a0) {
  const LogisticProduct solution{Real(a0) * Real(a0)};
  const LongRhs flow = [](const LongState& x, LongState& rate) {
    rate[0] = 2 * x[1] / (1 + std::exp(x[0] * x[1]));
    rate[1] = 2 * x[0] / (1 + std::exp(x[0] * x[1]));
  };
  const Real error = worst_error(flow, {Real(a0), Real(a0)}, {1, 2, 4, 5, 6, 8, 20, 50}, [&](Real t) {
    return Vector(Vector::Constant(2, std::sqrt(solution.product(t))));
  });
  BOOST_TEST_MESSAGE("V6 from " << a0 << ": " << error);
  BOOST_TEST(error < tolerance);
}

BOOST_AUTO_TEST_SUITE_END()
