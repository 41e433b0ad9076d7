#include "validation/early_direction.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "validation/shipped.hpp"

namespace saddleflow::claims {

BOOST_AUTO_TEST_SUITE(early_direction_test)

BOOST_AUTO_TEST_CASE(norm_and_direction_are_those_of_the_ncf_flow) {
  const StudyTable study = shipped("p1-linear", {"claim.deltas=[1e-3, 1e-5, 1e-7]"});
  Problem problem(study, {});
  const EarlyDirection start =
      follow_early_direction(problem, problem.direction(1), {Real(1e-1), Real(1e-2)});
  BOOST_REQUIRE(start.limit.grows());
  BOOST_REQUIRE(start.times.size() == 2u);
  BOOST_TEST(start.times[0] < start.times[1]);
  const Real first = std::abs(start.norm_bound[0] / start.ncf_bound[0] - 1);
  const Real second = std::abs(start.norm_bound[1] / start.ncf_bound[0] - 1);
  BOOST_TEST(first < 1e-4);
  // The difference falls like delta^2.
  BOOST_TEST(std::log10(first / second) / 2 == Real(2), boost::test_tools::tolerance(Real(0.05)));
  // T is the first time of the accuracy up to a few ten-thousandths.
  BOOST_TEST(start.error[2][0] == Real(1e-1), boost::test_tools::tolerance(Real(3e-3)));
  BOOST_TEST(start.error[2][1] == Real(1e-2), boost::test_tools::tolerance(Real(3e-3)));
}

BOOST_AUTO_TEST_CASE(negative_labels_collapse) {
  const StudyTable study = shipped("p1-collapse", {"claim.deltas=[1e-2, 1e-8]"});
  Problem problem(study, {});
  const EarlyDirection start = follow_early_direction(problem, problem.direction(2), {Real(1e-2)});
  BOOST_REQUIRE(start.limit.collapses());
  for (const auto& error : start.error) BOOST_TEST(error[0] <= Real(1.0e-2));
  for (const Real bound : start.norm_bound) BOOST_TEST(bound <= 1 + 1e-9);
}

BOOST_AUTO_TEST_CASE(neurons_of_one_network_grow_and_collapse) {
  const StudyTable study = shipped("p1-squared-relu", {"claim.deltas=[1e-6, 1e-8]"});
  Problem problem(study, {});
  const NeuronDirections n = follow_neurons(problem, problem.direction(1), Real(1e-2));
  BOOST_TEST(n.neurons == 8);
  BOOST_TEST(n.collapsing > 0);
  BOOST_TEST(n.collapsing < n.neurons);
  BOOST_TEST(n.within.back() == n.neurons);
}

BOOST_AUTO_TEST_CASE(a_start_that_is_not_small_decides_nothing) {
  const Report report = measure("p1-linear", {"claim.deltas=[1.0, 0.5]", "claim.seeds=[1]"});
  BOOST_TEST((report.findings.at(1).verdict == Verdict::not_decided));
  BOOST_TEST(report.findings.at(1).reason.find("no small delta") != std::string::npos);
  BOOST_TEST(report.findings.at(1).measured.find("none") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(one_start_that_needs_a_smaller_delta_sets_the_threshold) {
  // On this list seed 2 needs 1e-20 and seed 1 does with 1e-10, in either order.
  for (const char* seeds : {"claim.seeds=[1, 2]", "claim.seeds=[2, 1]"}) {
    const Report report =
        measure("p1-diagonal", {"claim.deltas=[1e-8, 1e-10]", "claim.accuracies=[1e-1]", seeds});
    BOOST_TEST((report.findings.at(1).verdict == Verdict::not_decided));
    BOOST_TEST(report.findings.at(1).measured.find("delta_0 = none") != std::string::npos,
               report.findings.at(1).measured);
  }
}

BOOST_AUTO_TEST_CASE(a_differential_inclusion) {
  for (const char* name : {"p1-relu", "p1-leaky-relu"}) {
    const Report report = measure(name);
    BOOST_REQUIRE(report.findings.size() == 3u);
    for (const Finding& finding : report.findings)
      BOOST_TEST((finding.verdict == Verdict::holds), name << ": " << finding.measured);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::claims
