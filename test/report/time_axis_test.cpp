#include "saddleflow/report/time_axis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "example_run.hpp"
#include "saddleflow/report/json.hpp"

BOOST_AUTO_TEST_SUITE(time_axis_test)

using namespace saddleflow::report;

namespace {

/// A loss that falls by a hundred decades at a constant rate between 10 and 10 + width, up to t = 100. Steps
/// are short before the end of the fall, so that the steps show it on more than half of their axis.
RunData falling_within(double width) {
  RunData run;
  const double stop = 10 + width;
  for (double t = 0; t < stop; t += 0.01) run.time.push_back(t);
  for (double t = stop; t <= 100; t += 1) run.time.push_back(t);
  for (const double t : run.time)
    run.loss.push_back(std::pow(10.0, -100 * std::clamp((t - 10) / width, 0.0, 1.0)));
  return run;
}

saddleflow::report::Event happening(const char* kind, double time) {
  saddleflow::report::Event event;
  event.kind = kind;
  event.time = time;
  return event;
}

}  // namespace

// From 5 % to 95 % of the fall are nine tenths of its width: a quarter of the axis at a width of 27.8.
BOOST_AUTO_TEST_CASE(a_fall_within_a_quarter_of_the_axis) {
  BOOST_TEST((first_time_axis(falling_within(27)) == TimeAxis::steps));
  BOOST_TEST((first_time_axis(falling_within(28.5)) == TimeAxis::linear));
}

BOOST_AUTO_TEST_CASE(events_and_visits_are_something_to_see) {
  RunData run = falling_within(5);
  BOOST_TEST((first_time_axis(run) == TimeAxis::steps));
  run.events = {happening("end", run.time.back())};
  BOOST_TEST((first_time_axis(run) == TimeAxis::steps));
  run.events.push_back(happening("steady", 50));
  BOOST_TEST((first_time_axis(run) == TimeAxis::linear));
  run.events.clear();
  Saddle visit;
  visit.enter_time = 20;
  visit.closest_time = 30;
  visit.leave_time = std::numeric_limits<double>::quiet_NaN();
  run.saddles = {visit};
  BOOST_TEST((first_time_axis(run) == TimeAxis::steps));
  run.saddles[0].leave_time = 60;
  BOOST_TEST((first_time_axis(run) == TimeAxis::linear));
}

// Loss 1/t from 1 to 1e8, ten steps a decade and one from 0: 90 % of the logarithmic axis, and a little less
// of the steps.
BOOST_AUTO_TEST_CASE(a_fall_like_a_power_of_time) {
  RunData run;
  for (int k = 0; k < 10; ++k) run.time.push_back(0.1 * k);
  for (int k = 0; k <= 200; ++k) run.time.push_back(std::pow(10.0, 0.1 * k));
  for (const double t : run.time) run.loss.push_back(1 / std::max(1.0, t));
  run.time[1] = 0.9;  // the logarithmic axis begins here
  for (int k = 2; k < 10; ++k) run.time[static_cast<std::size_t>(k)] = 0.9 + 0.01 * (k - 1);
  BOOST_TEST((first_time_axis(run) == TimeAxis::log));
}

// Exponential decay to the end: every axis shows it, the linear one is as good as any.
BOOST_AUTO_TEST_CASE(a_steady_fall_is_linear) {
  RunData run;
  for (int k = 0; k <= 100; ++k) {
    run.time.push_back(k);
    run.loss.push_back(std::exp(-0.1 * k));
  }
  BOOST_TEST((first_time_axis(run) == TimeAxis::linear));
}

BOOST_AUTO_TEST_CASE(nothing_happens) {
  RunData run;
  BOOST_TEST((first_time_axis(run) == TimeAxis::linear));
  run.time = {0, 1, 2};
  BOOST_TEST((first_time_axis(run) == TimeAxis::linear));
  run.loss = {1, 1, 1};
  BOOST_TEST((first_time_axis(run) == TimeAxis::linear));
  run.loss = {0, 0, 0};
  BOOST_TEST((first_time_axis(run) == TimeAxis::linear));
}

// All falls early: steps of two runs do not belong together, and the logarithm has more room than the line.
BOOST_AUTO_TEST_CASE(several_runs_have_no_common_steps) {
  RunData run = falling_within(5);
  run.time.push_back(1e4);
  run.loss.push_back(run.loss.back());
  BOOST_TEST((first_time_axis(std::vector<RunData>{run, run}) == TimeAxis::log));
  RunData late = run;  // the other happens at the other end
  late.events = {happening("steady", 9000)};
  BOOST_TEST((first_time_axis(std::vector<RunData>{run, late}) == TimeAxis::linear));
}

BOOST_AUTO_TEST_CASE(the_page_is_told) {
  RunData run = example_run(2);
  BOOST_TEST(nlohmann::json::parse(to_json(run))["time_axis"] == "linear");
  // The same run, waited for a hundred times as long.
  run.time.push_back(100 * run.time.back());
  for (Column* column : {&run.step, &run.loss, &run.gradient_norm, &run.weight_norm, &run.step_size,
                         &run.proximity, &run.balance_drift, &run.energy_drift, &run.stepper})
    if (!column->empty()) column->push_back(column->back());
  for (auto* table : {&run.layer_norm, &run.neuron_norm})
    for (Column& column : *table) column.push_back(column.back());
  BOOST_TEST(nlohmann::json::parse(to_json(run))["time_axis"] == "steps");
}

BOOST_AUTO_TEST_SUITE_END()
