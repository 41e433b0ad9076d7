// The NCF flow against its closed forms: growth, blow-up and its time, collapse, scaling.
#include "saddleflow/correlation/ncf_flow.hpp"

#include <fmt/format.h>

#include <atomic>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "correlation/problems.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/interruption.hpp"

BOOST_AUTO_TEST_SUITE(ncf_flow_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace bdata = boost::unit_test::data;

namespace {

/// N = s a b c.
Objective product(Real s) {
  return make_objective(feed_forward({1, 1, 1, 1}, Activation(1, 1)), Matrix::Ones(1, 1),
                        Matrix::Constant(1, 1, s));
}

Real relative(Real found, Real expected) { return std::abs(found / expected - 1); }

void print(const char* title, const NcfFlowResult& r) {
  fmt::print("{}: {} after {} steps, time {:.12g}, ln norm {:.12g}, residual {:.1e}\n", title, name_of(r.end),
             r.steps, static_cast<double>(r.time), static_cast<double>(r.log_norm),
             static_cast<double>(r.residual));
}

}  // namespace

// V4: N = u^T S u, every component of u in the eigenbasis grows as e^{2 s_k t}.
BOOST_DATA_TEST_CASE(square_neuron_grows, bdata::make({1.0, 1e-150}), size) {
  const Circle circle(8, 0);  // S = diag(3, 1)
  Objective objective = make_objective(power_sum(2, 1, Activation(-1, 2)), circle.inputs, circle.targets);
  Correlation correlation(objective);
  Vector u0(2);
  u0 << Real(0.6), Real(0.8);
  u0 *= static_cast<Real>(size);
  const Real t = Real(0.7);
  const NcfFlowResult r = follow_ncf_flow(correlation, u0, {.t_end = t});
  print("V4 to t = 0.7", r);
  const Real a = Real(0.6) * std::exp(6 * t), b = Real(0.8) * std::exp(2 * t);
  BOOST_TEST((r.end == NcfEnd::end_time));
  BOOST_TEST(r.time == t);
  BOOST_TEST(std::abs(r.log_norm - std::log(std::hypot(a, b)) - std::log(static_cast<Real>(size))) < 1e-9);
  BOOST_TEST(std::abs(r.direction[1] / r.direction[0] - b / a) < 1e-9);
  const NcfFlowResult free = follow_ncf_flow(correlation, u0);
  print("V4 without end", free);
  BOOST_TEST((free.end == NcfEnd::grows));
  BOOST_TEST(std::abs(free.growth_rate - 6) < 1e-12);
  const NcfFlowResult grown = follow_ncf_flow(correlation, u0, {.largest = 100});
  print("V4 to a hundred times its norm", grown);
  BOOST_TEST((grown.end == NcfEnd::grown));
  const Real log_growth =
      std::log(std::hypot(Real(0.6) * std::exp(6 * grown.time), Real(0.8) * std::exp(2 * grown.time)));
  BOOST_TEST(log_growth > std::log(Real(100)));
  BOOST_TEST(log_growth < std::log(Real(1000)));
  BOOST_TEST(std::abs(grown.log_norm - log_growth - std::log(static_cast<Real>(size))) < 1e-9);
  // Coasting along the KKT point's ray: exact however late t_end.
  const NcfFlowResult late = follow_ncf_flow(correlation, u0, {.t_end = 1000});
  BOOST_TEST(std::abs(late.log_norm - (6000 + std::log(Real(0.6) * static_cast<Real>(size)))) < 1e-7);
}

// Equal components a' = s a^2: a = a0/(1 - s a0 t).
BOOST_DATA_TEST_CASE(product_of_three_blows_up, bdata::make({1e-3, 1.0, 50.0}) * bdata::make({0.5, 2.0}), a0,
                     s) {
  Objective objective = product(static_cast<Real>(s));
  Correlation correlation(objective);
  const Vector u0 = Vector::Constant(3, static_cast<Real>(a0));
  const NcfFlowResult r = follow_ncf_flow(correlation, u0);
  BOOST_TEST((r.end == NcfEnd::blow_up));
  BOOST_TEST(relative(r.time, 1 / static_cast<Real>(s * a0)) < 1e-14);
  const Real half = r.time / 2;
  const NcfFlowResult midway = follow_ncf_flow(correlation, u0, {.t_end = half});
  BOOST_TEST((midway.end == NcfEnd::end_time));
  BOOST_TEST(std::abs(midway.log_norm - std::log(2 * std::sqrt(Real(3)) * static_cast<Real>(a0))) < 1e-13);
}

// s < 0 and equal components: a = a0/(1 + |s| a0 t), to zero along the minimiser of N.
BOOST_AUTO_TEST_CASE(product_of_three_collapses) {
  Objective objective = product(-2);
  Correlation correlation(objective);
  const Vector u0 = Vector::Constant(3, Real(0.5));
  const NcfFlowResult r = follow_ncf_flow(correlation, u0);
  print("collapse", r);
  BOOST_TEST((r.end == NcfEnd::collapsed));
  BOOST_TEST(r.log_norm < std::log(1e-8));
  BOOST_TEST(relative(r.time, (std::exp(std::log(std::sqrt(Real(0.75))) - r.log_norm) - 1)) < 1e-8);
  const NcfFlowResult early = follow_ncf_flow(correlation, u0, {.t_end = 3});
  BOOST_TEST(std::abs(early.log_norm - std::log(std::sqrt(Real(0.75)) / 4)) < 1e-9);
}

// V5 with a along w*: b' = s_1 (c + 2 b^2), c = |a|^2 - 2 b^2 conserved: a tangent for c > 0, off balance.
BOOST_DATA_TEST_CASE(cubic_neuron_blows_up, bdata::make({-0.4, -0.1, 0.05, 0.3}), b0) {
  const Circle circle(8, Real(0.3));  // s_1 = 3
  Objective objective =
      make_objective(feed_forward({2, 1, 1}, Activation(-1, 2)), circle.inputs, circle.targets);
  Correlation correlation(objective);
  const Real b = static_cast<Real>(b0);
  Vector u0(3);
  u0 << circle.maximiser, b;
  const Real c = 1 - 2 * b * b, root = std::sqrt(2 / c);
  const Real expected = (std::acos(Real(0)) - std::atan(b * root)) / (3 * std::sqrt(2 * c));
  const NcfFlowResult r = follow_ncf_flow(correlation, u0);
  print("V5", r);
  BOOST_TEST((r.end == NcfEnd::blow_up));
  BOOST_TEST(relative(r.time, expected) < 1e-9);
  BOOST_TEST(relative(r.value, 2 / std::sqrt(Real(3))) < 1e-12);
}

// u(t; delta u0) = delta u(delta^{D-2} t; u0), also where neither u nor t fits into a double.
BOOST_AUTO_TEST_CASE(scaling_law) {
  Objective objective = random_objective(feed_forward({3, 4, 3, 1}, Activation(0, 2)), 10, 3);
  Correlation correlation(objective);
  const Vector u0 = Random(9).unit_vector(correlation.size());
  const NcfFlowResult r = follow_ncf_flow(correlation, u0);
  print("random start, degree 7", r);
  BOOST_TEST_REQUIRE((r.end == NcfEnd::blow_up));
  for (const double delta : {1e-3, 1e-60, 1e-150}) {
    const NcfFlowResult scaled = follow_ncf_flow(correlation, static_cast<Real>(delta) * u0);
    BOOST_TEST((scaled.end == NcfEnd::blow_up));
    BOOST_TEST(std::abs(scaled.log_time - r.log_time + 5 * std::log(static_cast<Real>(delta))) < 1e-8);
    BOOST_TEST((scaled.direction - r.direction).norm() < 1e-7);
  }
  NcfFlowOptions options;
  options.t_end = Real(0.9) * r.time;
  const NcfFlowResult one = follow_ncf_flow(correlation, u0, options);
  options.t_end *= std::pow(Real(0.01), Real(-5));
  const NcfFlowResult small = follow_ncf_flow(correlation, Real(0.01) * u0, options);
  BOOST_TEST((one.end == NcfEnd::end_time));
  BOOST_TEST((small.direction - one.direction).norm() < 1e-8);
  BOOST_TEST(std::abs(small.log_norm - one.log_norm - std::log(Real(0.01))) < 1e-8);
}

// V5 started with b < -1/sqrt 3 of the norm: a dies, b stays.
BOOST_AUTO_TEST_CASE(dying_neuron_stands) {
  const Circle circle(8, 0);
  Objective objective =
      make_objective(feed_forward({2, 1, 1}, Activation(-1, 2)), circle.inputs, circle.targets);
  Correlation correlation(objective);
  Vector u0(3);
  u0 << Real(0.5), Real(0.2), -1;
  const NcfFlowResult r = follow_ncf_flow(correlation, u0);
  print("dying neuron", r);
  BOOST_TEST((r.end == NcfEnd::stands));
  // |a|^2 - 2 b^2 is conserved.
  BOOST_TEST(std::abs(r.log_norm - std::log((2 - Real(0.29)) / 2) / 2) < 1e-9);
}

// Inputs whose squares have no number.
BOOST_AUTO_TEST_CASE(failures_of_the_stepper_keep_their_names) {
  Objective objective = make_objective(power_sum(2, 1, Activation(-1, 2)), Real(1e155) * Matrix::Ones(2, 1),
                                       Matrix::Constant(1, 1, Real(1e5)));
  Correlation correlation(objective);
  const NcfFlowResult r = follow_ncf_flow(correlation, Vector{{Real(0.1), Real(1)}});
  print("inputs of 1e155", r);
  fmt::print("  {}\n", r.failure);
  BOOST_TEST((r.end == NcfEnd::failed));
  BOOST_TEST(is_unresolved(r.end));
  BOOST_TEST(r.failure.starts_with("nonfinite"));
}

BOOST_AUTO_TEST_CASE(flow_ends_when_it_is_asked_to) {
  Objective objective = product(1);
  Correlation correlation(objective);
  std::atomic<bool> interrupt{false};
  const InterruptScope scope(&interrupt);
  BOOST_CHECK_NO_THROW(follow_ncf_flow(correlation, Vector::Ones(3) + Vector::Unit(3, 0)));
  interrupt = true;
  BOOST_CHECK_THROW(follow_ncf_flow(correlation, Vector::Ones(3) + Vector::Unit(3, 0)), Interrupted);
}

BOOST_AUTO_TEST_CASE(flow_refuses_what_does_not_fit) {
  Objective objective = product(1);
  Correlation correlation(objective);
  BOOST_CHECK_THROW(follow_ncf_flow(correlation, Vector::Zero(3)), InputError);
  BOOST_CHECK_THROW(follow_ncf_flow(correlation, Vector::Ones(2)), InputError);
  BOOST_CHECK_THROW(follow_ncf_flow(correlation, Vector::Ones(3), {.t_end = -1}), InputError);
  const NcfFlowResult r = follow_ncf_flow(correlation, Vector::Unit(3, 0) + Vector::Unit(3, 1), {.steps = 2});
  BOOST_TEST((r.end == NcfEnd::step_limit));
}

BOOST_AUTO_TEST_SUITE_END()
