// Beside a saddle with zero neurons (P1, P4).
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/decompositions.hpp"
#include "validation/beside_saddle.hpp"
#include "validation/shipped.hpp"

namespace saddleflow::claims {

BOOST_AUTO_TEST_SUITE(near_saddle_test)

BOOST_AUTO_TEST_CASE(aligned_departures_have_the_times_of_the_theory) {
  const auto exact = boost::test_tools::tolerance(8 * std::numeric_limits<Real>::epsilon());
  BOOST_TEST(aligned_departure_time(1, 2, Real(1e-3)) == std::log(Real(1000)) / 4, exact);
  BOOST_TEST(aligned_departure_time(2, 2, Real(1e-3)) == Real(1000) / 6, exact);
  BOOST_TEST(aligned_departure_time(3, 2, Real(1e-3)) == Real(1e6) / 16, exact);
}

BOOST_AUTO_TEST_CASE(beside_a_linear_saddle_N_is_half_a_singular_value) {
  // N(a, b) = b^T R a with R = (Y - H) X^T: half of its largest singular value on ||a||^2 + ||b||^2 = 1.
  const StudyTable study = shipped("p1-saddle-linear");
  Problem problem(study, {});
  const ZeroNeuronSaddle saddle = find_saddle(problem, 1);
  BOOST_REQUIRE(saddle.problem == "");
  const Dataset& data = problem.objective.data();
  const Matrix residual = data.targets - problem.objective.outputs(saddle.point.point());
  const Matrix r = residual * data.inputs.transpose();
  const Real largest = std::sqrt(symmetric_eigenvalues(r * r.transpose(), "residual")[1]);
  BOOST_TEST(saddle.best.point.value == largest / 2, boost::test_tools::tolerance(Real(1e-9)));
  BOOST_TEST(saddle.power() == 1);
  BOOST_TEST(saddle.point.inactive.neurons.size() == 4u);
}

BOOST_AUTO_TEST_CASE(an_aligned_neuron_leaves_when_its_own_flow_says) {
  // rho' = 3 N rho^2 from delta to R: T = (1/delta - 1/R) / (3N), up to what the saddle itself moves.
  const StudyTable study = shipped("p4-square");
  Problem problem(study, {});
  const ZeroNeuronSaddle saddle = find_saddle(problem, 1);
  BOOST_REQUIRE(saddle.problem == "");
  const Vector z = saddle.aligned(problem.network());
  BOOST_TEST(z.norm() == 1, boost::test_tools::tolerance(Real(1e-12)));
  const Prediction prediction(problem.network(), saddle, z);
  const Real delta = Real(1e-3), rate = 3 * saddle.best.point.value;
  BOOST_TEST(prediction.time(delta) == 1 / (rate * delta), boost::test_tools::tolerance(Real(1e-8)));
  const Departing d = depart(problem, saddle, prediction, z, delta);
  const Real late = 1 / (rate * saddle.leaving_norm());
  BOOST_TEST(std::abs(d.time - (prediction.time(delta) - late)) < late / 20);
  BOOST_TEST(d.neuron == prediction.neuron(delta));
  BOOST_TEST(d.misdirection < 1e-5);
  BOOST_TEST(prediction.misdirection(saddle.point.point() + z) < 1e-7);
}

BOOST_AUTO_TEST_CASE(predictions_scale_with_delta) {
  const StudyTable study = shipped("p4-cube");
  Problem problem(study, {});
  const ZeroNeuronSaddle saddle = find_saddle(problem, 1);
  const Vector z = saddle.random(problem.network(), 1);
  const Vector away = z - put_to_zero(problem.network(), z, saddle.point.inactive.neurons);
  BOOST_TEST((away - z).norm() == 0);
  const Prediction whole(problem.network(), saddle, z), small(problem.network(), saddle, z / 10);
  BOOST_TEST(whole.neuron(Real(0.1)) == small.neuron(1));
  BOOST_TEST(whole.time(Real(0.1)) == small.time(1), boost::test_tools::tolerance(Real(1e-7)));
}

BOOST_AUTO_TEST_CASE(what_is_not_small_beside_the_saddle_is_not_measured) {
  const StudyTable study = shipped("p4-square");
  Problem problem(study, {});
  const ZeroNeuronSaddle saddle = find_saddle(problem, 1);
  const Vector z = saddle.random(problem.network(), 1);
  const Prediction prediction(problem.network(), saddle, z);
  BOOST_TEST(depart(problem, saddle, prediction, z, 1).neuron == -1);
  BOOST_TEST(std::isnan(depart(problem, saddle, prediction, z, 1).time));
}

BOOST_AUTO_TEST_CASE(the_step_limit_decides_nothing) {
  const Report report = measure(
      "p4-square", {"claim.seeds=[1]", "claim.deltas=[1e-2, 1e-6]", "flow.kappa=0.1", "flow.max_steps=150"});
  for (const Finding& f : report.findings) {
    BOOST_TEST((f.verdict != Verdict::fails), f.claim);
    BOOST_TEST(f.reason.find("no neuron leaves") != std::string::npos, f.reason);
  }
}

// The last one is on a kink.
BOOST_AUTO_TEST_CASE(saddles_of_networks_with_kinks_are_found_along_the_kkt_point) {
  struct Case {
    const char* study;
    std::vector<std::string> overrides;
    std::size_t kinks;
  };
  for (const auto& [name, overrides, kinks] :
       {Case{"p1-saddle-relu", {}, 0}, Case{"p1-saddle-leaky-relu", {}, 0},
        Case{"p1-saddle-leaky-relu", {"data.seed=1"}, 1}}) {
    const StudyTable study = shipped(name, overrides);
    Problem problem(study, {});
    const ZeroNeuronSaddle saddle = find_saddle(problem, 1);
    BOOST_TEST_REQUIRE(saddle.problem == "");
    const CriticalPoint& p = saddle.point;
    BOOST_TEST_REQUIRE(p.kinks.has_value());
    BOOST_TEST(p.kinks->clarke_stationary);
    BOOST_TEST(p.kinks->kinks.size() == kinks);
    BOOST_TEST(p.inactive.neurons.size() == 4u);
    BOOST_TEST(!problem.objective.has_mode());
    // What one neuron has learnt: the other neurons' weights are exactly zero.
    BOOST_TEST((put_to_zero(problem.network(), p.point(), p.inactive.neurons) == p.point()));
    // N is what the loss falls by along the KKT point, to second order: no kept weight takes part.
    const Real eps = Real(1e-4);
    const Vector z = saddle.aligned(problem.network());
    const Real fall =
        (problem.objective.value(p.point()) - problem.objective.value(p.point() + eps * z)) / (eps * eps);
    fmt::print("{}: {} kinks held, N = {:.8g}, fall of the loss {:.8g}\n", name, p.kinks->kinks.size(),
               static_cast<double>(saddle.best.point.value), static_cast<double>(fall));
    BOOST_TEST(fall == saddle.best.point.value, boost::test_tools::tolerance(Real(1e-6)));
  }
}

BOOST_AUTO_TEST_CASE(neurons_of_one_rate_leave_together_beside_a_saddle_on_kinks) {
  const StudyTable study = shipped("p1-saddle-relu");
  Problem problem(study, {});
  const ZeroNeuronSaddle saddle = find_saddle(problem, 1);
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const Prediction prediction(problem.network(), saddle, saddle.random(problem.network(), seed));
    const std::vector<Index> activated = prediction.activated(Real(1e-8));
    const Real near = prediction.company(Real(1e-4)), far = prediction.company(Real(1e-8));
    fmt::print("seed {}: {} neurons activated, others of {:.2e} at 1e-4, {:.2e} at 1e-8\n", seed,
               activated.size(), static_cast<double>(near), static_cast<double>(far));
    BOOST_TEST(std::count(activated.begin(), activated.end(), prediction.neuron(Real(1e-8))) == 1);
    BOOST_TEST((activated == prediction.activated(Real(1e-4))));
    BOOST_TEST(far <= near);
  }
}

BOOST_AUTO_TEST_CASE(a_small_claim_with_kinks_is_decided) {
  const Report report =
      measure("p1-saddle-relu", {"claim.seeds=[1]", "claim.deltas=[1e-3, 1e-4, 1e-5, 1e-6]"});
  BOOST_TEST(report.findings.size() == 5u);
  for (const Finding& f : report.findings) {
    fmt::print("{}: {}\n", f.claim, f.measured);
    BOOST_TEST((f.verdict == Verdict::holds), f.claim << ": " << f.measured << " " << f.reason);
  }
}

// The linearised flow that makes the power is that of one side.
BOOST_AUTO_TEST_CASE(no_power_is_foretold_of_a_kkt_point_on_a_kink) {
  for (const auto& [seed, on_kink] : {std::pair{1, false}, {2, true}}) {
    const StudyTable study = shipped("p1-saddle-relu", {fmt::format("data.seed={}", seed)});
    Problem problem(study, {});
    const ZeroNeuronSaddle saddle = find_saddle(problem, 1);
    const Prediction prediction(problem.network(), saddle, saddle.aligned(problem.network()));
    BOOST_TEST((saddle.best.clarke.kinks > 0) == on_kink);
    BOOST_TEST(std::isnan(prediction.direction_power()) == on_kink);
  }
}

// At these data a neuron of another KKT point grows almost as fast.
BOOST_AUTO_TEST_CASE(rates_that_are_too_near_decide_nothing) {
  const Report report =
      measure("p1-saddle-relu", {"data.seed=6", "claim.seeds=[2]", "claim.deltas=[1e-6, 1e-8, 1e-10]"});
  const Finding& growth = report.findings.at(4);
  fmt::print("{}; {}\n", growth.measured, growth.reason);
  BOOST_TEST((growth.verdict == Verdict::not_decided));
  BOOST_TEST(growth.reason.find("N too near one another") == 0u, growth.reason);
}

BOOST_AUTO_TEST_CASE(problems_without_a_saddle_are_not_decided) {
  const Report fitted = measure("p4-square", {"data.teacher.hidden=[1]", "claim.seeds=[1]"});
  BOOST_TEST((fitted.findings.at(0).verdict == Verdict::not_decided));
  BOOST_TEST(fitted.findings.at(0).reason.find("no saddle") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(deltas_that_are_too_large_fail_the_ratio_of_times) {
  const Report report = measure("p4-square", {"claim.seeds=[1]", "claim.deltas=[1e-1, 3e-2]"});
  BOOST_TEST((report.findings.at(0).verdict == Verdict::fails));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::claims
