#include "validation/rescaled_curve.hpp"

#include <boost/test/unit_test.hpp>

#include "validation/shipped.hpp"

namespace saddleflow::claims {

BOOST_AUTO_TEST_SUITE(rescaled_curve_test)

namespace {

void check(const std::string& name, Real degree) {
  const StudyTable study = shipped(name);
  Problem problem(study, {});
  const RescaledCurve curve = compare_rescaled(problem, problem.direction(1), Real(0.8));
  BOOST_TEST(curve.problem == "");
  BOOST_TEST(curve.law.points >= 3);
  BOOST_TEST(std::abs(curve.law.exponent - degree) < 0.05);
  BOOST_TEST(curve.against_ncf < 1e-9);
}

}  // namespace

BOOST_AUTO_TEST_CASE(distances_fall_like_delta_to_the_degree) {
  check("p2-curve-squared-relu", 3);
  check("p2-curve-cube", 4);
  check("p2-curve-three-layer", 7);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::claims
