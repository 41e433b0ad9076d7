// The units in which a rise of the loss counts.
#include "saddleflow/flow/gauges.hpp"

#include <boost/test/unit_test.hpp>

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(gauges_test)

namespace {

constexpr Real kFirst = 1000, kLast = 2, kLoss = 3;

Real rise(Real gradient_norm, Real weight_norm, LossUnit unit) {
  Observables now;
  now.loss = kLoss;
  now.gradient_norm = gradient_norm;
  now.weight_norm = weight_norm;
  Gauges gauges;
  gauges.add(now, kLast, kFirst, unit);
  return gauges.loss_rise;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_rise_counts_in_units_of_the_loss_at_the_start_where_there_is_a_minimum) {
  BOOST_TEST(rise(1e6, 1e6, LossUnit::at_start) == (kLoss - kLast) / kFirst);
}

BOOST_AUTO_TEST_CASE(else_in_units_of_the_loss_or_of_what_it_changes_by_where_the_weights_do) {
  BOOST_TEST(rise(0.1, 2, LossUnit::before_step) == (kLoss - kLast) / kLast);
  BOOST_TEST(rise(100, 4, LossUnit::before_step) == (kLoss - kLast) / 400);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
