#include "saddleflow/flow/clock.hpp"

#include <boost/test/unit_test.hpp>

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(clock_test)

BOOST_AUTO_TEST_CASE(tiny_advances_are_not_lost_against_a_long_time) {
  Clock clock;
  clock.advance(Real(1e18));
  for (int i = 0; i < 1000; ++i) clock.advance(Real(0.125));  // each below the spacing of numbers near 1e18
  BOOST_TEST(clock.local(Real(1e18)) == Real(-125));
  // As near as a Real comes to 1e18 + 125.5.
  BOOST_TEST(clock.absolute(Real(0.5)) == Real(1e18) + Real(125.5));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
