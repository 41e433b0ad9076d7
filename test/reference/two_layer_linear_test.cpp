// V3 against an integration in long double, through both of its saddles.
#include "reference/two_layer_linear.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "reference/long_double_flow.hpp"
#include "reference/reference_cases.hpp"
#include "saddleflow/base/random.hpp"

BOOST_AUTO_TEST_SUITE(two_layer_linear_test)

using namespace saddleflow;
using namespace saddleflow::reference;

namespace {

using LongMatrix = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic>;
using LongView = Eigen::Map<LongMatrix>;
using ConstLongView = Eigen::Map<const LongMatrix>;

struct Start {
  Matrix sigma, w1, w2;
};

Start balanced_start(Index d, Index h, Index k, Real delta, std::uint64_t seed) {
  Random random(seed);
  Start start;
  start.sigma = random.orthonormal_columns(k, 2) *
                Vector((Vector(2) << 2, Real(0.5)).finished()).asDiagonal() *
                random.orthonormal_columns(d, 2).transpose();
  const Vector sizes = Vector::LinSpaced(h, Real(1), Real(0.5)) * delta;
  const Matrix u = random.orthonormal_columns(h, h);
  start.w1 = u * sizes.asDiagonal() * random.orthonormal_columns(d, h).transpose();
  start.w2 = random.orthonormal_columns(k, h) * sizes.asDiagonal() * u.transpose();
  return start;
}

/// Gradient flow of (1/2)|W2 W1 - Sigma|^2 for the state (W1, W2).
LongRhs flow_of(const Start& start) {
  const LongMatrix sigma = start.sigma.cast<long double>();
  const Index d = start.w1.cols(), h = start.w1.rows(), k = start.w2.rows();
  return [=](const LongState& x, LongState& rate) {
    const ConstLongView w1(x.data(), h, d), w2(x.data() + h * d, k, h);
    const LongMatrix residual = sigma - w2 * w1;
    LongView(rate.data(), h, d) = w2.transpose() * residual;
    LongView(rate.data() + h * d, k, h) = residual * w1.transpose();
  };
}

LongMatrix gram_of(const LongState& x, Index d, Index h, Index k) {
  LongMatrix q(d + k, h);
  q << ConstLongView(x.data(), h, d).transpose(), ConstLongView(x.data() + h * d, k, h);
  return q * q.transpose();
}

}  // namespace

BOOST_AUTO_TEST_CASE(v3_against_integration_through_both_saddles) {
  constexpr Index d = 4, h = 3, k = 3;
  const Start start = balanced_start(d, h, k, Real(1e-3), 5);
  const TwoLayerLinear solution(start.sigma, start.w1, start.w2);
  const LongRhs flow = flow_of(start);
  LongState x(static_cast<std::size_t>(h * (d + k)));
  LongView(x.data(), h, d) = start.w1.cast<long double>();
  LongView(x.data() + h * d, k, h) = start.w2.cast<long double>();
  Real worst = 0;
  long double now = 0;
  for (const int t : {1, 2, 3, 4, 6, 8, 10, 12, 13, 14, 15, 16, 18, 22, 30}) {
    x = integrate_long_double(flow, x, now, t);
    now = t;
    const LongMatrix expected = gram_of(x, d, h, k);
    const LongMatrix found = solution.gram(Real(t)).cast<long double>();
    worst = std::max(worst, static_cast<Real>((found - expected).norm() / expected.norm()));
  }
  BOOST_TEST_MESSAGE("V3 from |w| ~ 1e-3, largest error on [0, 30]: " << worst);
  BOOST_TEST(worst < std::max(500 * std::numeric_limits<Real>::epsilon(), Real(2e-15)));
}

// With more hidden neurons than directions to learn, and far beyond the end of the flow: W2 W1 = Sigma.
BOOST_AUTO_TEST_CASE(v3_is_stable_at_large_times) {
  const Start start = balanced_start(5, 3, 4, Real(1e-8), 6);
  const TwoLayerLinear solution(start.sigma, start.w1, start.w2);
  for (const int t : {100, 120, 140}) {
    const Matrix product = solution.gram(Real(t)).bottomLeftCorner(4, 5);
    BOOST_TEST((product - start.sigma).norm() < Real(1e-12));
  }
}

// Between the saddles the product is the rank-one part of Sigma.
BOOST_AUTO_TEST_CASE(v3_visits_the_rank_one_saddle) {
  const Start start = balanced_start(4, 3, 3, Real(1e-5), 7);
  const Matrix product =
      TwoLayerLinear(start.sigma, start.w1, start.w2).gram(Real(11)).bottomLeftCorner(3, 4);
  const Matrix gradient_one = (start.sigma - product) * product.transpose();
  BOOST_TEST(std::abs(product.norm() - 2) < Real(1e-4));
  BOOST_TEST(gradient_one.norm() < Real(1e-4));
  BOOST_TEST(std::abs((start.sigma - product).norm() - Real(0.5)) < Real(1e-4));
}

BOOST_AUTO_TEST_SUITE_END()
