#include "validation/kkt_limits.hpp"

#include <boost/test/unit_test.hpp>

#include "validation/shipped.hpp"

namespace saddleflow::claims {

BOOST_AUTO_TEST_SUITE(kkt_limits_test)

BOOST_AUTO_TEST_CASE(starts_are_counted_by_their_ends) {
  const StudyTable study = shipped("p2-limits-three-layer");
  Problem problem(study, {});
  LimitCounts counts;
  for (const std::uint64_t seed : {1U, 6U, 21U})
    count(find_limit(problem.correlation, problem.direction(seed)), counts);
  BOOST_TEST(counts.starts == 3);
  BOOST_TEST(counts.growing == 2);
  BOOST_TEST(counts.standing == 1);
  BOOST_TEST(counts.certified == 2);
  BOOST_TEST(counts.one_neuron == 2);
  BOOST_TEST(counts.saddles == 0);
  BOOST_TEST(counts.worst_residual < 1e-12);
}

BOOST_AUTO_TEST_CASE(linear_layers_are_of_rank_one_with_many_neurons) {
  const Report report = measure("p2-limits-deep-linear", {"claim.starts=5"});
  BOOST_TEST((report.findings.at(0).verdict == Verdict::holds));
  BOOST_TEST((report.findings.at(1).verdict == Verdict::holds));
  BOOST_TEST(report.findings.at(1).measured.find("5 of 5 rank one, 0 with one neuron") != std::string::npos,
             report.findings.at(1).measured);
}

BOOST_AUTO_TEST_CASE(equal_neurons_lead_to_saddles_with_several_neurons) {
  const Report report = measure("p2-limits-cube", {"claim.starts=2"});
  BOOST_TEST((report.findings.at(2).verdict == Verdict::holds), report.findings.at(2).measured);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::claims
