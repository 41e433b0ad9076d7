// The flow from a small start against closed forms.
#include "validation/small_start.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "reference/square_neuron.hpp"
#include "validation/limit_direction.hpp"
#include "validation/shipped.hpp"

namespace saddleflow::claims {

BOOST_AUTO_TEST_SUITE(small_start_test)

BOOST_AUTO_TEST_CASE(samples_of_the_scalar_product_are_exact) {
  // V1 balanced, s = 1: q(t) = 1/(1 + (1/q0 - 1) e^{-2t}), w = sqrt(q) (1, 1).
  const StudyTable study = shipped("p3-ray-scalar");
  Problem problem(study, {});
  const Vector u0 = Vector::Constant(2, 1 / std::sqrt(Real(2)));
  const Real log_delta = std::log(Real(1e-20)), q0 = std::exp(2 * log_delta) / 2;
  const std::vector<Real> times{1, 20, 46, 50};
  const SmallRun run = follow_flow(problem, u0, log_delta, times);
  BOOST_REQUIRE(run.samples.size() == times.size());
  for (std::size_t k = 0; k < times.size(); ++k) {
    const Real q = 1 / (1 + (1 / q0 - 1) * std::exp(-2 * times[k]));
    BOOST_TEST(run.samples[k].log_norm == std::log(2 * q) / 2, boost::test_tools::tolerance(Real(1e-10)));
    BOOST_TEST((run.samples[k].direction - u0).norm() < 1e-14);
  }
  BOOST_TEST(run.samples.back().largest_log_norm == run.samples.back().log_norm);
}

BOOST_AUTO_TEST_CASE(the_norm_is_reached_where_the_square_neuron_has_it) {
  const StudyTable study = shipped("p3-angle-circle");
  Problem problem(study, {});
  Vector u0(2);
  u0 << Real(0.6), Real(0.8);
  const Real delta = Real(1e-6);
  const auto at = flow_at_norm(problem, u0, std::log(delta), Real(0.5));
  BOOST_REQUIRE(at.has_value());
  const Vector exact = reference::SquareNeuron(8, delta * u0[0], delta * u0[1]).weights(at->time);
  BOOST_TEST((at->weights() - exact).norm() < 1e-9);
  BOOST_TEST(std::exp(at->log_norm) == Real(0.5), boost::test_tools::tolerance(Real(1e-9)));
}

BOOST_AUTO_TEST_CASE(a_collapsing_start_reaches_no_norm) {
  const StudyTable study = shipped("p1-collapse");
  Problem problem(study, {});
  BOOST_TEST(!flow_at_norm(problem, problem.direction(1), std::log(Real(1e-3)), Real(0.1)).has_value());
}

BOOST_AUTO_TEST_CASE(the_step_limit_leaves_samples_out) {
  const StudyTable study = shipped("p1-linear", {"flow.max_steps=3"});
  Problem problem(study, {});
  const SmallRun run = follow_flow(problem, problem.direction(1), std::log(Real(1e-3)), {Real(1e-6), 1});
  BOOST_TEST(run.stop_reason == "step_limit");
  BOOST_TEST(run.samples.size() < 2u);
}

BOOST_AUTO_TEST_CASE(an_interrupt_ends_the_flow) {
  const std::atomic<bool> stop{true};
  Options options;
  options.interrupt = &stop;
  const StudyTable study = shipped("p1-linear");
  Problem problem(study, options);
  BOOST_CHECK_THROW(follow_flow(problem, problem.direction(1), std::log(Real(1e-3)), {1}), Interrupted);
  BOOST_CHECK_THROW(measure_claim(shipped("p1-linear"), options), Interrupted);
}

BOOST_AUTO_TEST_CASE(settling_times_are_those_of_the_square_neuron) {
  // tan theta = tan theta0 e^{-4t'}, t' = nt/8 with n = 8 holds along the NCF flow as well.
  const StudyTable study = shipped("p3-angle-circle");
  Problem problem(study, {});
  Vector u0(2);
  u0 << Real(0.6), Real(0.8);
  const LimitDirection limit = find_limit(problem.correlation, u0);
  BOOST_REQUIRE(limit.grows());
  const auto time = settling_time(problem.correlation, u0, limit, Real(1e-2));
  BOOST_REQUIRE(time.has_value());
  const Real angle = 2 * std::asin(Real(1e-2) / 2);
  BOOST_TEST(*time == std::log(Real(0.8) / Real(0.6) / std::tan(angle)) / 4,
             boost::test_tools::tolerance(Real(1e-7)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::claims
