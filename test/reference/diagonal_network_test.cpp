// V7 against integrations in long double, one of them at alpha = e^{-1000}.
#include "reference/diagonal_network.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "reference/long_double_flow.hpp"

BOOST_AUTO_TEST_SUITE(diagonal_network_test)

using namespace saddleflow;
using namespace saddleflow::reference;

namespace {

const Real tolerance = std::max(500 * std::numeric_limits<Real>::epsilon(), Real(2e-15));

/// beta(G) in long double, written as in THEORY.md, V7.
long double beta_of(long double log_alpha, long double g) {
  const long double size =
      0.5L * (std::exp(2 * (log_alpha + std::abs(g))) - std::exp(2 * (log_alpha - std::abs(g))));
  return g > 0 ? -size : size;
}

}  // namespace

// u' = -v g, v' = -u g, G' = g with g = A (beta - beta*): the relation holds along any such flow.
BOOST_AUTO_TEST_CASE(v7_relation_holds_on_a_correlated_problem) {
  const long double alpha = 1e-2L;
  const LongRhs flow = [](const LongState& x, LongState& rate) {
    const long double r0 = x[0] * x[2] - 1, r1 = x[1] * x[3] + 0.2L;
    const long double g0 = r0 + 0.5L * r1, g1 = 0.5L * r0 + r1;
    rate = {-x[2] * g0, -x[3] * g1, -x[0] * g0, -x[1] * g1, g0, g1};
  };
  LongState x = {std::sqrt(2.0L) * alpha, std::sqrt(2.0L) * alpha, 0, 0, 0, 0};
  for (int t = 0; t < 24; t += 3) {
    x = integrate_long_double(flow, x, t, t + 3);
    Vector integrated(2);
    integrated << static_cast<Real>(x[4]), static_cast<Real>(x[5]);
    const Vector beta = diagonal_beta(std::log(Real(1e-2)), integrated);
    for (int j = 0; j < 2; ++j) {
      const long double exact = x[static_cast<std::size_t>(j)] * x[static_cast<std::size_t>(j + 2)];
      BOOST_TEST(std::abs(static_cast<long double>(beta(j)) - exact) < static_cast<long double>(tolerance));
    }
  }
}

BOOST_AUTO_TEST_CASE(v7_whitened_weights) {
  Vector beta_star(3);
  beta_star << 2, Real(-0.7), Real(0.3);
  const Real alpha = Real(1e-3);
  const LongRhs flow = [&](const LongState& x, LongState& rate) {
    for (std::size_t j = 0; j < 3; ++j) {
      const long double g = x[j] * x[j + 3] - static_cast<long double>(beta_star(static_cast<Index>(j)));
      rate[j] = -x[j + 3] * g;
      rate[j + 3] = -x[j] * g;
    }
  };
  const Vector w0 = diagonal_weights(beta_star, alpha, 0);
  LongState x(w0.data(), w0.data() + 6);
  Real worst = 0;
  for (int t = 2; t <= 40; t += 2) {
    x = integrate_long_double(flow, x, t - 2, t);
    const Vector found = diagonal_weights(beta_star, alpha, Real(t));
    for (Index i = 0; i < 6; ++i)
      worst = std::max(worst, static_cast<Real>(std::abs(static_cast<long double>(found(i)) -
                                                         x[static_cast<std::size_t>(i)])) /
                                  found.norm());
  }
  BOOST_TEST_MESSAGE("V7 whitened, largest error on [0, 40]: " << worst);
  BOOST_TEST(worst < tolerance);
}

// The example of THEORY.md, V7: slow times tau = t/1000 of the jumps 10/9 and 10, at alpha = e^{-1000} 1.1114
// and 9.998, with beta = (0.9, 0) in between. Time of a jump: a coordinate has covered half of its way.
BOOST_AUTO_TEST_CASE(v7_jumps_at_alpha_e_to_minus_1000) {
  constexpr long double log_alpha = -1000;
  const LongRhs flow = [](const LongState& g, LongState& rate) {
    const long double r0 = beta_of(log_alpha, g[0]) - 1, r1 = beta_of(log_alpha, g[1]) + 0.2L;
    rate[0] = r0 + 0.5L * r1;
    rate[1] = 0.5L * r0 + r1;
  };
  const auto first = [](const LongState& g) { return beta_of(log_alpha, g[0]); };
  const auto second = [](const LongState& g) { return -beta_of(log_alpha, g[1]); };
  const auto time_when = [&flow](LongState& g, long double& t, auto value, long double level,
                                 long double step) {
    for (;;) {
      const LongState next = integrate_long_double(flow, g, 0, step);
      if (value(next) < level) {
        g = next;
        t += step;
      } else if (step > 1e-4L) {
        step /= 4;
      } else {
        return;
      }
    }
  };
  LongState g = {0, 0};
  long double t = 0;
  time_when(g, t, first, 0.45L, 64);
  const long double jump_first = t / 1000;
  g = integrate_long_double(flow, g, 0, 4000);
  Vector between(2);
  between << static_cast<Real>(g[0]), static_cast<Real>(g[1]);
  const Vector beta = diagonal_beta(Real(log_alpha), between);
  t += 4000;
  time_when(g, t, second, 0.1L, 64);
  const long double jump_second = t / 1000;
  BOOST_TEST_MESSAGE("V7 example: jumps at " << jump_first << " and " << jump_second
                                             << ", between them beta = (" << beta(0) << ", " << beta(1)
                                             << ")");
  BOOST_TEST(std::abs(beta(0) - Real(0.9)) < Real(1e-12));
  BOOST_TEST(std::abs(beta(1)) < Real(1e-12));
  BOOST_TEST(std::abs(jump_first - 10.0L / 9) < 0.003L);
  BOOST_TEST(std::abs(jump_second - 10) < 0.01L);
}

BOOST_AUTO_TEST_SUITE_END()
