// Critical points on kinks: closed forms, and the ends of random flows against brute force.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <limits>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/saddle/critical_point.hpp"
#include "saddleflow/saddle/kinked_point.hpp"
#include "switching/kink_run.hpp"

BOOST_AUTO_TEST_SUITE(kinked_points_test)

using namespace saddleflow;
using namespace saddleflow::test;

namespace {

double number(Real x) { return static_cast<double>(x); }

/// Samples (1, 1), (0, 1), (1, -1): at u = (c, 0), v = +-c the second one is on its kink.
Objective three_samples(Real slope, Real y1, Real y2, Real y3) {
  Dataset data{Matrix(2, 3), Matrix(1, 3), "three samples"};
  data.inputs << 1, 0, 1, 1, 1, -1;
  data.targets << y1, y2, y3;
  return Objective(feed_forward({2, 1, 1}, Activation(slope, 1)), data, Loss());
}

}  // namespace

// u = (1, 0), v = 1 fits the mean of y_1 and y_3. Slope at the kink: s = (y_3 - y_1) / y_2, b = -y_2; the
// loss rises by b (1 - s) and b (s - alpha).
BOOST_DATA_TEST_CASE(one_neuron_on_one_kink,
                     boost::unit_test::data::make({0.1, 0.0, -1.0}) * boost::unit_test::data::make({1, -1}),
                     slope, concave) {
  const Real alpha = static_cast<Real>(slope);
  const Real y2 = concave > 0 ? Real(1) : Real(-1);
  Objective objective = three_samples(alpha, 1 - y2 / 4, y2, 1 + y2 / 4);
  const KinkedPoint found = analyse_kinked_point(objective, Vector{{Real(1.01), Real(0), Real(0.98)}});
  BOOST_REQUIRE(found.refinement.refinement.converged);
  const KinkedFirstOrder& first = found.first_order;
  BOOST_REQUIRE(first.kinks.size() == 1);
  BOOST_TEST((first.kinks[0] == Kink{0, 0, 1}));
  const Vector p = found.point();
  const Real v = p[2];
  BOOST_TEST(std::abs(p[0] * v - 1) < 1e-13);
  BOOST_TEST(std::abs(p[1]) < 1e-15);
  BOOST_TEST(std::abs(first.slopes[0] - Real(0.5)) < 1e-13);
  BOOST_TEST(std::abs(first.back[0] + v * y2) < 1e-13);
  BOOST_TEST(first.clarke_stationary);
  BOOST_TEST(first.clarke_residual < 1e-14);
  BOOST_TEST((first.one_sided.method == OneSidedResult::Method::separable));
  const Real up = -v * y2 / 2, down = -v * y2 * (Real(0.5) - alpha);
  BOOST_TEST(std::abs(first.one_sided.least - std::min(up, down)) < 1e-13);
  BOOST_TEST(found.spectrum.negative == 0);
  BOOST_TEST(found.spectrum.positive == 1);
  BOOST_TEST(found.zero_modes.held_kinks == 1);
  BOOST_TEST(found.zero_modes.rescaling == 1);
  BOOST_TEST((found.verdict == (concave > 0 ? KinkedVerdict::saddle : KinkedVerdict::minimum)));
  BOOST_TEST(!objective.has_mode());
  fmt::print("slope {:4.1f}, {}: {}, Clarke residual {:.1e}, least one-sided derivative {:+.3f}\n", slope,
             concave > 0 ? "concave" : "convex ", name_of(found.verdict), number(first.clarke_residual),
             number(first.one_sided.least));
}

// H = v |u x|: u = 0 is critical whatever v.
BOOST_DATA_TEST_CASE(one_neuron_of_absolute_value_at_one_sample, boost::unit_test::data::make({1, -1}),
                     sign) {
  Dataset data{Matrix::Constant(1, 1, 2), Matrix::Constant(1, 1, static_cast<Real>(sign)), "one sample"};
  Objective objective(feed_forward({1, 1, 1}, Activation(-1, 1)), data, Loss());
  const KinkedPoint found = analyse_kinked_point(objective, Vector{{Real(1e-12), Real(0.7)}});
  BOOST_REQUIRE(found.refinement.refinement.converged);
  BOOST_REQUIRE(found.first_order.kinks.size() == 1);
  BOOST_TEST(found.first_order.clarke_residual < 1e-14);
  BOOST_TEST(std::abs(found.first_order.slopes[0]) < 1e-14);
  BOOST_TEST(std::abs(found.first_order.one_sided.least + Real(2 * sign) * found.point()[1]) < 1e-14);
  BOOST_TEST((found.verdict == (sign > 0 ? KinkedVerdict::saddle : KinkedVerdict::minimum)));
}

BOOST_AUTO_TEST_SUITE_END()
