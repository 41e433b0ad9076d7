// The limit path against closed forms, and what it is defined by: the limit of the flow from delta w*.
#include <fmt/format.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numbers>

#include "saddleflow/base/error.hpp"
#include "saddleflow/correlation/kkt_search.hpp"
#include "saddleflow/saddle/limit_path.hpp"

BOOST_AUTO_TEST_SUITE(limit_path_test)

using namespace saddleflow;
namespace bdata = boost::unit_test::data;

namespace {

/// (1/2)(ab - s)^2: a linear network 1-1-1 on one sample.
Objective scalar_product(Real s) {
  Dataset data{Matrix::Ones(1, 1), Matrix::Constant(1, 1, s), "scalar product"};
  return Objective(feed_forward({1, 1, 1}, Activation(1, 1)), data, Loss());
}

Matrix circle(Index n) {
  Matrix x(2, n);
  for (Index i = 0; i < n; ++i) {
    const Real angle = 2 * std::numbers::pi_v<Real> * static_cast<Real>(i) / static_cast<Real>(n);
    x.col(i) << std::cos(angle), std::sin(angle);
  }
  return x;
}

enum class OuterWeight { one, free };

/// V4: H = (w.x)^2, y = x_1^2 on n equispaced points; V5 the same with an outer weight.
Objective square_neuron(Index n, OuterWeight outer) {
  Dataset data{circle(n), Matrix(), "circle"};
  data.targets = data.inputs.row(0).cwiseAbs2();
  const Activation square(-1, 2);
  return Objective(outer == OuterWeight::free ? feed_forward({2, 1, 1}, square) : power_sum(2, 1, square),
                   data, Loss());
}

KktPoint point_at(Objective& objective, const Vector& direction) {
  Correlation correlation(objective);
  KktPoint point;
  point.direction = direction.normalized();
  Vector g;
  point.value = correlation.gradient(point.direction, g);
  point.gradient_norm = g.norm();
  return point;
}

std::vector<Real> times(Real from, Real to, int count) {
  std::vector<Real> t;
  for (int i = 0; i < count; ++i)
    t.push_back(from + (to - from) * static_cast<Real>(i) / static_cast<Real>(count - 1));
  return t;
}

LimitPathOptions tight(std::vector<Real> samples) {
  LimitPathOptions options;
  options.rtol = Real(1e-12);
  options.samples = std::move(samples);
  return options;
}

}  // namespace

// V1: ab = s / (1 + 2 s e^{-2st}).
BOOST_DATA_TEST_CASE(scalar_product_to_ten_digits, bdata::make({0.5, 1.0, 3.0}), target) {
  const auto s = static_cast<Real>(target);
  Objective objective = scalar_product(s);
  const LimitPath path =
      compute_limit_path(objective, point_at(objective, Vector::Ones(2)), tight(times(-8 / s, 8 / s, 33)));
  BOOST_TEST_REQUIRE(path.samples.size() == 33U);
  Real worst = 0;
  for (const LimitPathPoint& p : path.samples) {
    const Real exact = std::sqrt(s / (1 + 2 * s * std::exp(-2 * s * p.time)));
    worst = std::max(worst, (p.weights - Vector::Constant(2, exact)).norm() / (exact * std::sqrt(Real(2))));
  }
  fmt::print("V1, s = {}: limit path, largest relative error {:.1e}, {} gradients\n", target,
             static_cast<double>(worst), path.work.gradients);
  BOOST_TEST(worst < Real(1e-10));
  // The work near the origin counts as well: every step of either method costs six gradients or more.
  BOOST_TEST(path.work.gradients >= 6 * path.steps.accepted);
  BOOST_TEST(path.end.converged);
  BOOST_TEST((path.end.point - Vector::Constant(2, std::sqrt(s))).norm() < 1e-13);
  BOOST_TEST(path.spectrum.negative == 0);
  BOOST_TEST(path.spectrum.zero == 1);
}

// V4: p = w* e^{6t'} / sqrt(1 + e^{12t'}), t' = nt/8.
BOOST_DATA_TEST_CASE(square_neuron_to_ten_digits, bdata::make({5, 8, 13}), n) {
  Objective objective = square_neuron(n, OuterWeight::one);
  const Real slow = Real(n) / 8;
  const LimitPath path = compute_limit_path(objective, point_at(objective, Vector::Unit(2, 0)),
                                            tight(times(-2 / slow, Real(1.5) / slow, 33)));
  BOOST_TEST_REQUIRE(path.samples.size() == 33U);
  Real worst = 0;
  for (const LimitPathPoint& p : path.samples) {
    const Real exact = 1 / std::sqrt(1 + std::exp(-12 * slow * p.time));
    worst = std::max(worst, (p.weights - exact * Vector::Unit(2, 0)).norm() / exact);
  }
  fmt::print("V4, n = {}: limit path, largest relative error {:.1e}, {} gradients\n", n,
             static_cast<double>(worst), path.work.gradients);
  BOOST_TEST(worst < Real(1e-10));
  BOOST_TEST((path.end.point - Vector::Unit(2, 0)).norm() < 1e-12);
}

// T_delta D (D-2) N* delta^{D-2} -> 1: the time from delta w* to the path's time 0, by the path itself (V5
// and the product of three factors): the path at norm delta is at time -T_delta (1 + O(delta^D)).
BOOST_DATA_TEST_CASE(is_at_norm_delta_at_minus_T_delta, bdata::make({1e-1, 1e-2, 1e-3}), small) {
  const auto delta = static_cast<Real>(small);
  Objective objective = square_neuron(8, OuterWeight::free);
  const KktPoint point = point_at(objective, Vector{{std::sqrt(Real(2)), 0, 1}});
  BOOST_TEST(std::abs(point.value - 2 / std::sqrt(Real(3))) < 1e-14);
  const Real escape = escape_time(3, point.value, std::log(delta));
  BOOST_TEST(std::abs(escape * 3 * point.value * delta - 1) < 1e-14);
  const LimitPath path = compute_limit_path(objective, point, tight({-escape}));
  BOOST_TEST_REQUIRE(path.samples.size() == 1U);
  const Real error = path.samples[0].weights.norm() / delta - 1;
  fmt::print("V5, delta = {:g}: |p(-T_delta)|/delta - 1 = {:.2e}\n", small, static_cast<double>(error));
  BOOST_TEST(std::abs(error) < 10 * std::pow(delta, 3) + 1e-10);
}

BOOST_AUTO_TEST_CASE(escape_times_have_logarithms_where_they_have_no_numbers) {
  BOOST_TEST(std::abs(escape_time(2, 2, std::log(Real(1e-6))) - std::log(Real(1e6)) / 4) < 1e-13);
  BOOST_TEST(std::isinf(
      static_cast<double>(escape_time(7, 1, -345 * std::log(Real(10)) / std::log(Real(10)) * 20))));
  BOOST_TEST(std::abs(log_escape_time(7, 1, -1000) - (5000 - std::log(Real(35)))) < 1e-9);
}

// Starting twice as close to the origin must not change the path: the expansion is exact to its tolerance.
BOOST_AUTO_TEST_CASE(does_not_depend_on_where_it_starts) {
  for (Index width : {2, 3}) {
    Dataset data{circle(7), Matrix(), "circle"};
    data.targets = (data.inputs.row(0).array().max(0) + 2 * data.inputs.row(1).array().cube()).matrix();
    Objective objective(feed_forward({2, width, 1}, Activation(0, 2)), data, Loss());
    Correlation correlation(objective);
    const KktTable table = find_kkt_points(correlation, {.starts = 8, .seed = 3});
    BOOST_TEST_REQUIRE(table.entries.front().point.value > 0);
    const KktPoint& point = table.entries.front().point;
    const LimitPathStart near = limit_path_start(correlation, point, Real(1e-18)),
                         far = limit_path_start(correlation, point, Real(1e-14));
    BOOST_TEST(near.log_norm < far.log_norm);
    BOOST_TEST(near.time < far.time);
    BOOST_TEST(far.correction < Real(1e-6));
  }
}

BOOST_AUTO_TEST_CASE(needs_a_positive_kkt_point) {
  Objective objective = scalar_product(1);
  Correlation correlation(objective);
  BOOST_CHECK_THROW(limit_path_start(correlation, point_at(objective, Vector{{1, -1}})), InputError);
}

BOOST_AUTO_TEST_SUITE_END()
