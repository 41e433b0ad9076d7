#include "saddleflow/archive/same_problem.hpp"

#include <boost/test/unit_test.hpp>

#include "saddleflow/base/error.hpp"

BOOST_AUTO_TEST_SUITE(same_problem_test)

using saddleflow::archive::check_same_problem;
using saddleflow::archive::problem_difference;
using saddleflow::archive::RunDescription;

namespace {

RunDescription description_of_a_problem() {
  RunDescription d;
  d.network_kind = "feed_forward";
  d.layer_sizes = {2, 3, 1};
  d.slope = 0;
  d.power = 2;
  d.loss = "square";
  d.reduction = "sum";
  d.inputs = {1, 2};
  d.targets = {3};
  return d;
}

template <class Change>
std::string after(Change change) {
  RunDescription d = description_of_a_problem();
  change(d);
  return problem_difference(description_of_a_problem(), d);
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_part_counts) {
  BOOST_TEST(after([](RunDescription&) {}) == "");
  BOOST_TEST(after([](RunDescription& d) { d.network_kind = "power_sum"; }) == "the network");
  BOOST_TEST(after([](RunDescription& d) { d.layer_sizes = {2, 4, 1}; }) == "the network");
  BOOST_TEST(after([](RunDescription& d) { d.slope = 0.5; }) == "the network");
  BOOST_TEST(after([](RunDescription& d) { d.power = 1; }) == "the network");
  BOOST_TEST(after([](RunDescription& d) { d.inputs[1] = 2.5; }) == "the data");
  BOOST_TEST(after([](RunDescription& d) { d.targets[0] = -3; }) == "the data");
  BOOST_TEST(after([](RunDescription& d) { d.loss = "logistic"; }) == "the loss");
  BOOST_TEST(after([](RunDescription& d) { d.reduction = "mean"; }) == "the loss");
  BOOST_TEST(after([](RunDescription& d) { d.title = d.toml = "another start"; }) == "");
}

BOOST_AUTO_TEST_CASE(the_message_names_both_files) {
  RunDescription other = description_of_a_problem();
  check_same_problem(description_of_a_problem(), "a.h5", other, "b.h5");
  other.loss = "logistic";
  BOOST_CHECK_EXCEPTION(check_same_problem(description_of_a_problem(), "a.h5", other, "b.h5"),
                        saddleflow::InputError, [](const saddleflow::InputError& e) {
                          return std::string(e.what()) ==
                                 "b.h5: the loss differs from that of a.h5, expected runs of one problem";
                        });
}

BOOST_AUTO_TEST_SUITE_END()
