// The findings of P1 to P4 on softmax, bilinear and convolution networks, and what is refused there.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "validation/claim.hpp"
#include "validation/first_saddle.hpp"
#include "validation/ray_rate.hpp"
#include "validation/refused.hpp"
#include "validation/shipped.hpp"

namespace saddleflow::claims {

BOOST_AUTO_TEST_SUITE(beyond_test)

namespace {

StudyTable beyond(const std::string& name, const std::vector<std::string>& overrides = {}) {
  return StudyTable::read(std::string(CLAIMS) + "/../beyond/" + name + ".toml", overrides);
}

}  // namespace

BOOST_AUTO_TEST_CASE(no_finding_fails_in_a_setting_where_its_assumptions_hold) {
  Options quick;
  quick.quick = true;
  int studies = 0, held = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(CLAIMS) + "/../beyond")) {
    const Report report = measure_claim(StudyTable::read(entry.path().string()), quick);
    for (const Finding& finding : report.findings) {
      BOOST_TEST((finding.verdict != Verdict::fails),
                 entry.path() << ": " << finding.claim << ": " << finding.measured);
      if (finding.verdict == Verdict::holds) ++held;
    }
    ++studies;
  }
  BOOST_TEST_MESSAGE(studies << " studies, " << held << " findings hold");
  BOOST_TEST(studies == 25);
  BOOST_TEST(held >= 60);
}

BOOST_AUTO_TEST_CASE(settings_without_the_assumption_are_refused_by_their_trait) {
  const std::vector<std::string> kinked = {"network.power=1"};
  refused(beyond("p3-angle-convolution", kinked), "network.power", "P3 asks for gradients without jumps");
  refused(beyond("p3-ray-convolution", kinked), "network.power", "P3 asks for gradients without jumps");
  refused(beyond("p3-saddle-convolution", kinked), "network.power", "P3 asks for gradients without jumps");
  refused(beyond("p2-curve-convolution", kinked), "network.power", "P2 asks for gradients without jumps");
  const std::vector<std::string> fixed = {"network.outer=ones"};
  refused(beyond("p2-curve-bilinear", fixed), "network.layers", "P2 asks for a degree above 2");
  refused(beyond("p3-saddle-bilinear", fixed), "network.kind", "second-order positive");
  refused(beyond("p2-curve-bilinear", {"claim.kind=kkt_limits"}), "network.kind", "trait layered");
  refused(beyond("p2-curve-convolution", {"claim.kind=kkt_limits"}), "network.kind", "trait layered");
}

// It has no polar chart to start in.
BOOST_AUTO_TEST_CASE(a_limit_path_with_kinks_is_refused) {
  const StudyTable study = beyond("p3-ray-convolution", {"network.power=1", "network.pooling=average"});
  Problem problem(study, {});
  BOOST_CHECK_EXCEPTION(measure_ray(problem, problem.direction(1)), InputError, [](const InputError& error) {
    return std::string(error.what()).find("limit path: found a network with kinks") != std::string::npos;
  });
}

// Labels that one neuron separates: the path leaves for ever, and no half of its way is known.
BOOST_AUTO_TEST_CASE(paths_that_end_nowhere_decide_nothing) {
  const std::vector<std::string> separable = {
      "data.given.inputs=[[1.0, 0.1], [0.9, -0.2], [-1.0, 0.3], [-0.8, -0.1]]",
      "data.given.targets=[[0], [0], [1], [2]]", "claim.seeds=[1, 2]"};
  for (const char* name : {"p3-ray-softmax", "p3-angle-softmax"})
    for (const Finding& finding : measure_claim(beyond(name, separable)).findings) {
      BOOST_TEST_MESSAGE(finding.reason);
      BOOST_TEST((finding.verdict == Verdict::not_decided), name << ": " << finding.measured);
      BOOST_TEST(finding.reason.find("the limit path ends at no critical point") != std::string::npos);
    }
}

// From delta 1e-2 the saddle has a common output of that size: another member of the same family.
BOOST_AUTO_TEST_CASE(saddles_of_the_softmax_loss_are_compared_without_a_common_output) {
  const StudyTable study = beyond("p3-saddle-softmax");
  Problem problem(study, {});
  const FirstSaddle first = measure_first_saddle(problem, problem.direction(1));
  BOOST_TEST_REQUIRE(first.excluded == "");
  for (const Passage& passage : first.passages) BOOST_TEST(passage.same, passage.other);
  const Real ratio = first.passages[0].distance / first.passages[1].distance;
  BOOST_TEST_MESSAGE("distances " << first.passages[0].distance << " and " << first.passages[1].distance);
  BOOST_TEST(ratio > 50);
  BOOST_TEST(ratio < 200);
}

BOOST_AUTO_TEST_CASE(a_wrong_degree_of_the_curve_fails) {
  // delta = 0.5 and 1 are not small: the law of the distance is another one there.
  const Report report = measure_claim(beyond(
      "p2-curve-softmax", {"claim.deltas=[2.0, 1.5, 1.0, 0.7]", "claim.seeds=[1]", "claim.margin=0.01"}));
  BOOST_TEST((report.findings.at(0).verdict == Verdict::fails), report.findings.at(0).measured);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::claims
