#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "example_run.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/report/common_loss.hpp"
#include "saddleflow/report/json.hpp"
#include "saddleflow/report/page.hpp"

BOOST_AUTO_TEST_SUITE(several_test)

using nlohmann::json;
using namespace saddleflow::report;

namespace {

/// exp(-rate t) at `steps` equal steps up to `end`: linear in its logarithm, so that no interpolation errs.
RunData decay(double rate, double end, int steps) {
  RunData run;
  for (int k = 0; k <= steps; ++k) {
    run.time.push_back(end * k / steps);
    run.loss.push_back(std::exp(-rate * run.time.back()));
  }
  run.file = "decay.h5";
  return run;
}

void check_near(double found, double expected) { BOOST_TEST(std::abs(found - expected) <= 1e-12 * expected); }

}  // namespace

BOOST_AUTO_TEST_CASE(losses_at_the_times_of_all_runs) {
  const std::vector<double> rates{1, 2, 0.5};
  const std::vector<RunData> runs{decay(1, 10, 40), decay(2, 10, 7), decay(0.5, 10, 30)};
  const CommonLoss common = common_losses(runs, 1000);
  for (const RunData& run : runs)
    for (const double t : run.time) BOOST_TEST(std::binary_search(common.time.begin(), common.time.end(), t));
  BOOST_TEST(std::is_sorted(common.time.begin(), common.time.end()));
  for (std::size_t i = 0; i < common.time.size(); ++i) {
    const double t = common.time[i];
    for (std::size_t r = 0; r < 3; ++r) check_near(common.loss[r][i], std::exp(-rates[r] * t));
    check_near(common.median[i], std::exp(-t));
    check_near(common.lowest[i], std::exp(-2 * t));
    check_near(common.highest[i], std::exp(-t / 2));
  }
}

BOOST_AUTO_TEST_CASE(runs_that_have_ended_are_left_out) {
  const CommonLoss common = common_losses({decay(1, 10, 40), decay(2, 4, 40), decay(3, 4, 5)}, 1000);
  for (std::size_t i = 0; i < common.time.size(); ++i) {
    const double t = common.time[i];
    BOOST_TEST(std::isnan(common.loss[1][i]) == (t > 4));
    check_near(common.median[i], std::exp(t > 4 ? -t : -2 * t));
    check_near(common.highest[i], std::exp(-t));
    check_near(common.lowest[i], std::exp(t > 4 ? -t : -3 * t));
  }
}

BOOST_AUTO_TEST_CASE(two_runs_and_a_loss_of_zero) {
  RunData dying = decay(1, 2, 2);
  dying.loss = {1, 0.5, 0};
  const CommonLoss common = common_losses({dying, decay(0, 2, 4)}, 1000);
  BOOST_TEST_REQUIRE(common.time == (Column{0, 0.5, 1, 1.5, 2}), boost::test_tools::per_element());
  check_near(common.loss[0][1], std::sqrt(0.5));
  BOOST_TEST(common.loss[0][3] == 0.25);  // no logarithm: a straight line
  BOOST_TEST(common.median[3] == (0.25 + 1) / 2);
  BOOST_TEST(common.median[4] == 0.5);
}

BOOST_AUTO_TEST_CASE(the_page_holds_runs_and_visits) {
  std::vector<RunData> runs{example_run(2), example_run(2)};
  runs[1].file = "second.h5";
  runs[1].saddles.resize(1);
  const json page = json::parse(to_json(runs));
  BOOST_TEST_REQUIRE(page["runs"].size() == 2u);
  BOOST_TEST(page["runs"][1]["file"] == "second.h5");
  BOOST_TEST(page["runs"][0]["visits"] == runs[0].saddles.size());
  BOOST_TEST_REQUIRE(page["visits"].size() == runs[0].saddles.size() + 1);
  const json& last = page["visits"].back();
  BOOST_TEST(last["run"] == 1);
  BOOST_TEST(last["number"] == 1);
  BOOST_TEST(last["depth"] == "close");
  BOOST_TEST(std::abs(last["closest"].get<double>() - runs[1].saddles[0].closest_time) < 1e-6);
  BOOST_TEST(page["plots"]["loss"]["curves"].size() == 5u);
  BOOST_TEST(page["time_axis"] == "linear");
  BOOST_TEST(render_page(runs).find("second.h5") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_compared_is_refused) {
  BOOST_CHECK_THROW(to_json(std::vector<RunData>{}), saddleflow::InputError);
  RunData points = example_run(2);
  add_example_kkt(points);
  points = without_trajectory(points);
  points.file = "points.h5";
  BOOST_CHECK_EXCEPTION(to_json(std::vector<RunData>{example_run(2), points}), saddleflow::InputError,
                        [](const saddleflow::InputError& e) {
                          return std::string(e.what()).find("points.h5: no trajectory") == 0;
                        });
}

BOOST_AUTO_TEST_SUITE_END()
