#include "validation/power_law.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

namespace saddleflow::claims {

BOOST_AUTO_TEST_SUITE(power_law_test)

BOOST_AUTO_TEST_CASE(an_exact_power_law_is_found) {
  const PowerLaw law =
      fit_power_law({Real(1e-1), Real(1e-2), Real(1e-4)},
                    {3 * std::pow(Real(1e-1), Real(1.5)), 3 * std::pow(Real(1e-2), Real(1.5)),
                     3 * std::pow(Real(1e-4), Real(1.5))},
                    0);
  BOOST_TEST(law.exponent == 1.5, boost::test_tools::tolerance(Real(1e-12)));
  BOOST_TEST(std::exp(law.log_factor) == 3, boost::test_tools::tolerance(Real(1e-12)));
  BOOST_TEST(law.scatter < 1e-12);
  BOOST_TEST(law.decades == 3, boost::test_tools::tolerance(Real(1e-12)));
}

BOOST_AUTO_TEST_CASE(least_squares_weighs_all_points) {
  // ln errors 0, 1, 5 at ln sizes 0, 1, 2: slope 5/2, largest residual 1.
  const Real e = std::exp(Real(1));
  const PowerLaw law = fit_power_law({1, e, e * e}, {1, e, std::exp(Real(5))}, 0);
  BOOST_TEST(law.exponent == 2.5, boost::test_tools::tolerance(Real(1e-12)));
  BOOST_TEST(law.scatter == 1, boost::test_tools::tolerance(Real(1e-12)));
}

BOOST_AUTO_TEST_CASE(errors_below_the_floor_and_missing_ones_do_not_count) {
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  const PowerLaw law =
      fit_power_law({1, Real(0.1), Real(0.01), Real(0.001)}, {1, Real(0.01), nan, Real(1e-5)}, Real(1e-4));
  BOOST_TEST(law.points == 2);
  BOOST_TEST(law.exponent == 2, boost::test_tools::tolerance(Real(1e-12)));
  BOOST_TEST(fit_power_law({1, 2}, {1, nan}, 0).points == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::claims
