// Studies that random ones have found wrong, or stopped though they were right.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "archive/temporary_folder.hpp"
#include "job/found_studies.hpp"
#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/job/flow_run.hpp"
#include "saddleflow/job/verification.hpp"
#include "saddleflow/study/flow_setup.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(found_studies_test)

namespace {

double number_of(const archive::RunSummary& summary, const std::string& name) {
  for (const auto& [key, value] : summary.numbers)
    if (key == name) return value;
  return -1;
}

/// Runs and verifies; the summary of the run.
archive::RunSummary confirmed(const char* text, const std::string& file, Real path_error,
                              const std::string& stop = "reached_end") {
  const StudyTable study = StudyTable::parse(text, "found.toml");
  FlowRunOptions options;
  options.output = file;
  archive::RunSummary summary = run_flow(study, options);
  BOOST_TEST(summary.stop_reason == stop);
  const Verification v = verify_run(study, file, nullptr);
  BOOST_TEST_MESSAGE(fmt::format("path error {:.1e}, balance {:.1e}, {:.0f} steps",
                                 static_cast<double>(v.path_error), number_of(summary, "balance_drift"),
                                 number_of(summary, "steps_accepted")));
  BOOST_TEST(v.same_modes);
  BOOST_TEST(v.path_error <= path_error);
  return summary;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_slide_that_is_interrupted_by_rounding_is_one) {
  const archive::TemporaryFolder folder;
  confirmed(kEndedTwice, folder.file("run.h5"), Real(1e-6));
}

BOOST_AUTO_TEST_CASE(a_loss_that_is_not_resolved_may_rise) {
  const archive::TemporaryFolder folder;
  confirmed(kHugeInputs, folder.file("run.h5"), Real(1e-6), "step_limit");
}

// From the visit on w_3' = -a w_3 with the a of the critical point.
BOOST_AUTO_TEST_CASE(a_weight_on_an_input_that_is_alone_keeps_its_sign) {
  for (const char* stepper : {"auto", "rodas5p", "rodas5p-cg", "dopri5"}) {
    const archive::TemporaryFolder folder;
    const StudyTable study =
        StudyTable::parse(kLoneInput, "found.toml", {fmt::format("flow.stepper={}", stepper)});
    FlowRunOptions options;
    options.output = folder.file("run.h5");
    BOOST_TEST(run_flow(study, options).stop_reason == "reached_end");
    const archive::RunReader run = archive::RunReader::open(options.output);
    const std::vector<archive::EventRow> events = run.event_rows();
    BOOST_REQUIRE(events.size() >= 2);
    const auto weights = [&](const archive::EventRow& event) { return run.row("weights", event.snapshot); };
    const archive::EventRow &begin = events[events.size() - 2], &end = events.back();
    const std::vector<double> w = weights(end);
    FlowSetup setup(study);
    Vector gradient(4);
    setup.objective.gradient(Eigen::Map<const Eigen::VectorXd>(w.data(), std::ssize(w)).cast<Real>(),
                             gradient);
    const double a = static_cast<double>(gradient[2]) / w[2];
    const double fall = std::log(w[2] / weights(begin)[2]);
    const double expected = -a * (end.time - begin.time);
    BOOST_TEST_MESSAGE(fmt::format("{}: ln w_3 falls by {:.8g} in {:.4g}, expected {:.8g}; w_3 = {:.3e}",
                                   stepper, -fall, end.time - begin.time, -expected, w[2]));
    BOOST_TEST(std::abs(fall - expected) <= 1e-5 * std::abs(expected));
  }
}

BOOST_AUTO_TEST_CASE(a_fit_rests_as_a_whole) {
  const archive::TemporaryFolder folder;
  const archive::RunSummary summary = confirmed(kRestingFit, folder.file("run.h5"), Real(1e-9));
  BOOST_TEST(number_of(summary, "balance_drift") <= 1e-11);
}

// Each event has the weights that its loss is that of, though their times are one double.
BOOST_AUTO_TEST_CASE(events_of_one_time_have_their_own_weights) {
  const archive::TemporaryFolder folder;
  const std::string file = folder.file("run.h5");
  confirmed(kUnresolvedJump, file, Real(1e-7));
  FlowSetup setup(StudyTable::parse(kUnresolvedJump, "found.toml"));
  const archive::RunReader run = archive::RunReader::open(file);
  const std::vector<archive::EventRow> events = run.event_rows();
  BOOST_REQUIRE(events.size() >= 3);
  BOOST_TEST(events[0].time == events[2].time);
  std::set<std::int64_t> rows;
  for (const archive::EventRow& event : events) {
    rows.insert(event.snapshot);
    const std::vector<double> stored = run.row("weights", event.snapshot);
    const Vector w = Eigen::Map<const Eigen::VectorXd>(stored.data(), std::ssize(stored)).cast<Real>();
    const Real loss = setup.objective.value(w);
    BOOST_TEST(std::abs(loss - static_cast<Real>(event.loss)) <= Real(1e-14) * loss);
  }
  BOOST_TEST(rows.size() == events.size());
  // r at which a visit begins, events.saddle.enter; the event is where it is, not somewhere in the step.
  BOOST_TEST(std::abs(events[1].proximity - 1e-2) <= 1e-8);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test
