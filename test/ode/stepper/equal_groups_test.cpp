// Classes of equal groups of components.
#include <boost/test/unit_test.hpp>

#include "saddleflow/ode/stepper/equal_groups.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(equal_groups_test)

BOOST_AUTO_TEST_CASE(equal_ones_of_a_kind_are_copied) {
  const ExchangeableGroups groups{.members = {{0, 4}, {1, 5}, {2, 6}, {3, 7}, {8, 9}, {10}},
                                  .kinds = {0, 0, 0, 0, 1, 0}};
  Vector x(11), slope(11);
  // The first, third and fourth are equal; the fifth is of another kind, the sixth of another length.
  x << 1, 1, 1, 1, 2, 3, 2, 2, 1, 2, 1;
  slope.setZero();
  EqualGroups equal;
  equal.find(groups, x, nullptr);
  BOOST_TEST(!equal.none());
  Vector y(11);
  y << 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11;
  Vector expected = y;
  expected[2] = expected[3] = 1;
  expected[6] = expected[7] = 5;
  equal.equalise(y);
  BOOST_TEST((y == expected));

  // Held in another way than the others.
  slope[6] = 1;
  equal.find(groups, x, &slope);
  y << 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11;
  expected = y;
  expected[3] = 1;
  expected[7] = 5;
  equal.equalise(y);
  BOOST_TEST((y == expected));

  slope[3] = 1;
  equal.find(groups, x, &slope);
  BOOST_TEST(equal.none());
  equal.find(ExchangeableGroups(), x, nullptr);
  BOOST_TEST(equal.none());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
