// Groups of components: neurons that are alike.
#include <boost/test/unit_test.hpp>

#include "saddleflow/ode/stepper/growth.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(alike_groups_test)

namespace {

/// Two inputs and one output: a neuron is three components, those of a column.
Growth three_neurons() {
  return {.first = {0, 0, 0, 1, 1, 1, 2, 2, 2}, .second = {}, .count = 3, .degree = 3};
}

bool are_alike(const Matrix& neurons) { return has_alike_groups(three_neurons(), neurons.reshaped()); }

}  // namespace

BOOST_AUTO_TEST_CASE(alike_in_any_order_and_with_any_signs) {
  const Matrix unlike{{1, Real(0.9), Real(0.3)}, {2, 1, 1}, {Real(0.5), -3, Real(0.7)}};
  BOOST_TEST(!are_alike(unlike));
  Matrix equal = unlike;
  equal.col(2) = unlike.col(0);
  BOOST_TEST(are_alike(equal));
  Matrix image = unlike;
  image.col(1) << Real(-0.5), 1, -2;
  BOOST_TEST(are_alike(image));
  Matrix near = equal, far = equal;
  near(1, 2) *= 1 + kAlikeGroups / 2;
  far(1, 2) *= 1 + 3 * kAlikeGroups;
  BOOST_TEST(are_alike(near));
  BOOST_TEST(!are_alike(far));
  // A difference in small components counts beside the largest one.
  near = equal;
  near(2, 2) += kAlikeGroups;
  BOOST_TEST(are_alike(near));
}

BOOST_AUTO_TEST_CASE(of_all_sizes_but_zero) {
  Matrix neurons{{1, Real(1e-9), 0}, {2, Real(3e-9), 0}, {Real(0.5), Real(2e-9), 0}};
  BOOST_TEST(!are_alike(neurons));
  neurons.col(2) = neurons.col(1) * (1 + kAlikeGroups / 4);
  BOOST_TEST(are_alike(neurons));
  neurons.col(1).setZero();
  neurons.col(2).setZero();
  BOOST_TEST(!are_alike(neurons));
}

BOOST_AUTO_TEST_CASE(components_of_two_groups_and_of_none) {
  // A weight between two neurons belongs to both; one neuron has two components, the others three.
  const Growth growth{
      .first = {0, 0, 1, 1, -1, 2}, .second = {-1, -1, -1, -1, -1, 0}, .count = 3, .degree = 3};
  Vector x(6);
  x << 1, 2, 1, 2, 2, 2;
  BOOST_TEST(!has_alike_groups(growth, x));
  BOOST_TEST(!has_alike_groups(Growth(), x));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
