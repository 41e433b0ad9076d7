// The rule that makes visits out of r(t), on rows that are written down here.
#include "saddleflow/flow/visit_rule.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <stdexcept>

namespace saddleflow {

namespace {

/// r that goes through these values, four rows a factor, the same as a straight line of ln r.
std::vector<double> through(const std::vector<double>& values) {
  std::vector<double> rows{values.front()};
  for (std::size_t k = 1; k < values.size(); ++k)
    for (int i = 1; i <= 40; ++i)
      rows.push_back(values[k - 1] * std::pow(values[k] / values[k - 1], i / 40.0));
  return rows;
}

std::vector<VisitRows> visits(const std::vector<double>& r, const VisitRule& rule = {}) {
  return find_visits(r, std::vector<double>(r.size(), 1.0), rule);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(visit_rule_test)

BOOST_AUTO_TEST_CASE(a_dip_that_is_left_is_a_visit) {
  const std::vector<double> r = through({3, 0.1, 1, 1e-4, 1, 0.05, 0.3});
  const std::vector<VisitRows> found = visits(r);
  BOOST_REQUIRE(found.size() == 3u);
  const bool close[] = {false, true, false};
  const double least[] = {0.1, 1e-4, 0.05};
  const double enter[] = {1 / 3.0, kVisitEnter, 1 / 3.0}, leave[] = {0.2, kVisitLeave, 0.1};
  for (std::size_t k = 0; k < 3; ++k) {
    const VisitRows& visit = found[k];
    BOOST_TEST(visit.close == close[k]);
    BOOST_TEST(r[visit.closest] == least[k], boost::test_tools::tolerance(1e-12));
    BOOST_TEST((r[visit.enter] < enter[k] && r[visit.enter - 1] >= enter[k]));
    BOOST_REQUIRE(visit.leave.has_value());
    BOOST_TEST((r[*visit.leave] >= leave[k] && r[*visit.leave - 1] < leave[k]));
  }
}

BOOST_AUTO_TEST_CASE(prominence_is_a_factor_on_both_sides) {
  // From 0.25 down to 0.1, up to 0.25, down: a factor of 2.5.
  const std::vector<double> r = through({1, 0.05, 0.25, 0.1, 0.25, 0.02, 0.9});
  const auto count = [&](Real prominence) {
    VisitRule rule;
    rule.prominence = prominence;
    return visits(r, rule).size();
  };
  BOOST_TEST(count(1.5) == 3u);
  BOOST_TEST(count(2) == 3u);
  BOOST_TEST(count(3) == 2u);   // the second is none, and r = 0.02 is a dip below 0.25
  BOOST_TEST(count(10) == 1u);  // they are one: r has not risen tenfold between them
  BOOST_TEST(count(0) == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_no_visit) {
  BOOST_TEST(visits(through({3, 0.5, 3})).empty());  // a shoulder
  BOOST_TEST(visits(through({3, 0.1})).empty());     // not left: it may go on to fall
  BOOST_TEST(visits(through({0.1, 1})).empty());     // a start that is left has not come from above
  BOOST_TEST(visits({}).empty());
  BOOST_TEST(visits(through({1, 1e-5})).size() == 1u);  // close and not left
  BOOST_CHECK_THROW(find_visits(std::vector<double>(3, 1.0), {}, VisitRule()), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(across_kinks_one_plateau_is_one_visit) {
  // r jumps by a factor of 3 within a plateau.
  const std::vector<double> r = through({2, 0.1, 0.3, 0.09, 1.5});
  VisitRule rule;
  BOOST_TEST(visits(r, rule).size() == 2u);
  rule.kinked = true;
  BOOST_TEST(visits(r, rule).size() == 1u);
  // But where the loss falls meanwhile they are two.
  std::vector<double> loss(r.size(), 1.0);
  for (std::size_t k = 70; k < loss.size(); ++k) loss[k] = 0.9;
  BOOST_TEST(find_visits(r, loss, rule).size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
