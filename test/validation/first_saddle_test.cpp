// P3 beyond the origin: which critical point the flow reaches first.
#include "validation/first_saddle.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "validation/first_visit.hpp"
#include "validation/shipped.hpp"

namespace saddleflow::claims {

BOOST_AUTO_TEST_SUITE(first_saddle_test)

namespace {

Vector unit_at(Real angle) {
  Vector u(2);
  u << std::cos(angle), std::sin(angle);
  return u;
}

const Finding& finding(const Report& report, const std::string& words) {
  for (const Finding& f : report.findings)
    if (f.claim.find(words) != std::string::npos) return f;
  throw std::runtime_error("no finding on " + words);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_square_neuron_arrives_at_its_teacher_or_on_the_saddle_between) {
  // V4: ||w||^2 = 1 along w*, and 1/3 from exactly across.
  const StudyTable study = shipped("p3-angle-circle");
  Problem problem(study, {});
  const Arrival teacher = arrival_from_origin(problem, unit_at(Real(0.7)), Real(1e-5));
  BOOST_REQUIRE(teacher.found());
  BOOST_TEST((teacher.point.kind == CriticalKind::minimum));
  BOOST_TEST((teacher.point.point() - unit_at(0)).norm() < 1e-10);
  Vector across = unit_at(0);
  across << 0, 1;
  const Arrival saddle = arrival_from_origin(problem, across, Real(1e-5));
  BOOST_REQUIRE(saddle.found());
  BOOST_TEST((saddle.point.kind == CriticalKind::saddle));
  BOOST_TEST(saddle.point.point().squaredNorm() == Real(1) / 3, boost::test_tools::tolerance(Real(1e-10)));
}

BOOST_AUTO_TEST_CASE(a_direction_that_is_a_saddle_of_the_ncf_is_outside_the_claim) {
  const StudyTable study = shipped("p3-angle-circle");
  Problem problem(study, {});
  Vector across(2);
  across << 0, 1;
  BOOST_TEST(measure_first_saddle(problem, across).excluded == "the direction goes to a saddle of the NCF");
  const FirstSaddle generic = measure_first_saddle(problem, unit_at(Real(0.7)));
  BOOST_TEST(generic.excluded == "");
  BOOST_TEST((generic.end.point() - unit_at(0)).norm() < 1e-10);
  for (const Passage& passage : generic.passages) BOOST_TEST(passage.same);
}

BOOST_AUTO_TEST_CASE(small_weights_stay_in_proportion_and_zeros_stay_zero) {
  const StudyTable study = shipped("p3-saddle-three-layer");
  Problem problem(study, {});
  const FirstSaddle s = measure_first_saddle(problem, problem.direction(6));  // passes a valley on its way
  BOOST_REQUIRE(s.excluded == "");
  BOOST_TEST(s.zero.size() == 5u);
  BOOST_TEST(s.path_keeps_zeros);
  BOOST_TEST(s.flow_keeps_zeros);
  BOOST_REQUIRE(s.passages.size() == problem.deltas.size());
  for (std::size_t i = 0; i < s.passages.size(); ++i) {
    BOOST_TEST(s.passages[i].same);
    BOOST_TEST(s.passages[i].small < 3 * problem.deltas[i]);
    BOOST_TEST(s.passages[i].distance < 3 * problem.deltas[i]);
  }
}

BOOST_AUTO_TEST_CASE(what_another_point_is_reached_from_fails) {
  // Seed 31 blows up in two neurons almost at once: 1e-2 and 3e-3 are not small for it.
  const Report report = measure("p3-saddle-square", {"claim.seeds=[5, 31]", "claim.deltas=[1e-2, 3e-3]"});
  const Finding& reached = finding(report, "first critical point");
  BOOST_TEST((reached.verdict == Verdict::fails));
  BOOST_TEST(reached.measured.find("1 at 1e-02, 1 at 3e-03") != std::string::npos, reached.measured);
  BOOST_TEST(reached.reason.find("seeds 31") != std::string::npos, reached.reason);
  BOOST_TEST((finding(report, "exact zeros").verdict == Verdict::holds));
}

BOOST_AUTO_TEST_CASE(starts_that_stay_are_outside_the_claim) {
  const Report report = measure("p3-saddle-three-layer", {"claim.seeds=[21]"});
  for (const Finding& f : report.findings) {
    BOOST_TEST((f.verdict == Verdict::not_decided));
    BOOST_TEST(f.reason.find("stands still") != std::string::npos, f.reason);
  }
  BOOST_CHECK_THROW(measure("p1-relu", {"claim.kind=first_saddle"}), InputError);
}

BOOST_AUTO_TEST_CASE(exponents_below_the_margin_fail) {
  const Report report = measure("p3-saddle-square", {"claim.seeds=[5]", "claim.margin=1.5"});
  BOOST_TEST((finding(report, "within O(delta^beta)").verdict == Verdict::fails));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::claims
