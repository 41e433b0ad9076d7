// Exponents of P3 against the closed forms V1, V4, V5, and for networks without one.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "validation/escape_angle.hpp"
#include "validation/ray_rate.hpp"
#include "validation/shipped.hpp"

namespace saddleflow::claims {

BOOST_AUTO_TEST_SUITE(limit_path_rates_test)

BOOST_AUTO_TEST_CASE(on_the_ray_the_error_is_of_second_order) {
  for (const char* name : {"p3-ray-scalar", "p3-ray-circle", "p3-ray-square", "p3-ray-linear"}) {
    const StudyTable study = shipped(name);
    Problem problem(study, {});
    const RayRate rate = measure_ray(problem, problem.direction(1));
    BOOST_TEST(rate.law.decades >= 3, name);
    BOOST_TEST(std::abs(rate.law.exponent - 2) < 0.01, name << " " << rate.law.exponent);
  }
}

BOOST_AUTO_TEST_CASE(on_the_circle_the_angle_falls_with_two_thirds) {
  for (const char* name : {"p3-angle-circle", "p3-angle-cubic-circle"}) {
    const StudyTable study = shipped(name);
    Problem problem(study, {});
    const EscapeAngle angle = measure_angle(problem, problem.direction(1));
    BOOST_TEST(angle.predicted == Real(2) / 3, boost::test_tools::tolerance(Real(1e-6)));
    BOOST_TEST(angle.law.decades >= 3, name);
    BOOST_TEST(std::abs(angle.law.exponent - Real(2) / 3) < 0.005, name << " " << angle.law.exponent);
  }
}

BOOST_AUTO_TEST_CASE(angles_on_the_circle_are_those_of_the_closed_form) {
  // tan theta = k^{1/2} e^{-4t'} and |w|^2 there (V4): for |w|^2 = 1/4 up to O(delta^{4/3}).
  const StudyTable study = shipped("p3-angle-circle", {"claim.deltas=[1e-6, 1e-7]"});
  Problem problem(study, {});
  const Vector u0 = problem.direction(1);
  const EscapeAngle angle = measure_angle(problem, u0);
  const EscapeOfPath escape = escape_of_path(problem, angle.limit.kkt.point);
  const Real square = escape.half_norm * escape.half_norm;
  // On the path e^{12t'} = square/(1 - square) with delta -> delta cos theta0.
  const Real growth = square / (1 - square) / std::pow(Real(1e-6) * u0[0], Real(2));
  const Real expected = std::abs(u0[1] / u0[0]) * std::pow(growth, -Real(1) / 3);
  BOOST_TEST(angle.angles[0] == expected, boost::test_tools::tolerance(Real(1e-3)));
}

BOOST_AUTO_TEST_CASE(random_networks_have_the_exponent_of_their_gap) {
  for (const char* name : {"p3-angle-linear", "p3-angle-square", "p3-angle-squared-relu"}) {
    const StudyTable study = shipped(name);
    Problem problem(study, {});
    const EscapeAngle angle = measure_angle(problem, problem.direction(2));
    BOOST_TEST(angle.problem == "", name);
    BOOST_TEST(std::abs(angle.law.exponent - angle.predicted) < 0.03, name << " " << angle.law.exponent);
  }
}

BOOST_AUTO_TEST_CASE(the_whole_path_is_met_with_the_escape_time_of_the_start) {
  const StudyTable study = shipped("p3-angle-cubic-circle", {"claim.deltas=[1e-3, 1e-4]"});
  Problem problem(study, {});
  const Vector u0 = problem.direction(3);
  const auto errors = generic_path_errors(problem, u0, find_limit(problem.correlation, u0));
  BOOST_TEST(std::abs(std::log10(errors[0] / errors[1]) - Real(2) / 3) < 0.01);
}

BOOST_AUTO_TEST_CASE(a_start_that_does_not_escape_is_left_out) {
  const Report report = measure("p3-angle-cubic-circle", {"claim.seeds=[2]"});
  for (const Finding& finding : report.findings) {
    BOOST_TEST((finding.verdict == Verdict::not_decided));
  }
  BOOST_TEST(report.findings.at(0).reason.find("seed 2") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_margin_that_is_too_narrow_fails) {
  const Report report = measure("p3-angle-square", {"claim.seeds=[1]", "claim.margin=1e-6"});
  BOOST_TEST((report.findings.at(0).verdict == Verdict::fails));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::claims
