#include "saddleflow/record/recorder.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <filesystem>

#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/to_doubles.hpp"
#include "saddleflow/record/run_description.hpp"
#include "saddleflow/saddle/spectrum.hpp"

namespace saddleflow {
namespace {

constexpr const char* two_hidden_layers = R"(
[network]
layers = [2, 3, 2, 1]
slope = 0.0
power = 2
[data]
inputs = "circle"
samples = 4
targets = "teacher"
[init]
scale = 1.5
[flow]
t_end = 5e3
rtol = 1e-10
chart = "cartesian"
)";

/// Makes up three changes in the step before each recorded one, of both hidden layers.
class Modes : public Observer {
 public:
  explicit Modes(Recorder& recorder) : recorder_(recorder) {}
  static std::vector<KinkChange> of(const StepView& step) {
    const Real t = (step.t0 + step.t1) / 2;
    const Index k = step.step;
    return {{t, 0, k % 3, k % 4, ModeChangeKind::enter, 0, t, std::log(t)},
            {t, 1, k % 2, 0, ModeChangeKind::release, -1},
            {step.t1, 1, 1, 3, ModeChangeKind::cross, 1}};
  }
  void on_event(const EventHit& hit, const Vector& x, const StateAt& dense) override {
    recorder_.on_event(hit, x, dense);
  }
  void on_step(const StepView& step) override {
    recorder_.on_mode_changes(of(step));
    recorder_.on_step(step);
  }

 private:
  Recorder& recorder_;
};

struct Run {
  Run() {
    path =
        (std::filesystem::temp_directory_path() / ("saddleflow-recorder-" + std::to_string(getpid()) + ".h5"))
            .string();
  }
  ~Run() { std::filesystem::remove(path); }

  enum class ModeChanges { kept, left_out };
  archive::RunWriter writer(ModeChanges changes) {
    archive::RunDescription description = describe_run(setup, study, "test");
    description.mode_changes = changes == ModeChanges::kept;
    return archive::RunWriter::create(path, description, {.overwrite = true});
  }
  void integrate(Recorder& recorder, Observer& observer) {
    Integration integration(setup.parts.system(), *setup.parts.stepper, setup.parts.detector,
                            setup.integration_options());
    setup.parts.begin(integration);
    recorder.begin();
    recorder.end(integration.run(observer));
  }

  std::string path;
  StudyTable study = StudyTable::parse(two_hidden_layers, "study");
  FlowSetup setup{study};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(recorder_test)

// Loss, gradient, spectrum and proximity of the events, against the weights that are stored with it and
// against the row of the last step.
BOOST_FIXTURE_TEST_CASE(events_tell_what_is_there, Run) {
  {
    archive::RunWriter file = writer(ModeChanges::left_out);
    Recorder recorder(setup, file, study.snapshots("output.weights"));
    integrate(recorder, recorder);
    file.finish({"reached_end", {}, {}});
  }
  const archive::RunReader run = archive::RunReader::open(path);
  const std::vector<archive::EventRow> events = run.event_rows();
  const std::vector<archive::SnapshotRow> snapshots = run.snapshot_rows();
  const archive::TimeRow last = run.time_rows().back();
  BOOST_REQUIRE(events.size() >= 3U);
  Objective objective(setup.objective.shared_network(), setup.objective.data(), setup.objective.loss());
  double worst = 0;
  const auto compare = [&](double found, double expected) {
    const double off = std::abs(found / expected - 1);
    BOOST_TEST(off < 1e-9, found << ", expected " << expected);
    worst = std::max(worst, off);
  };
  for (const archive::EventRow& event : events) {
    BOOST_REQUIRE(event.snapshot >= 0);
    const std::vector<double>& stored = snapshots[static_cast<std::size_t>(event.snapshot)].weights;
    const Vector w =
        Eigen::Map<const Eigen::VectorXd>(stored.data(), static_cast<Index>(stored.size())).cast<Real>();
    Vector gradient(w.size());
    compare(event.loss, static_cast<double>(objective.gradient(w, gradient)));
    compare(event.gradient_norm, static_cast<double>(gradient.norm()));
    const Spectrum spectrum = hessian_spectrum(objective, w);
    compare(event.lambda_min, static_cast<double>(spectrum.min()));
    compare(event.lambda_max, static_cast<double>(spectrum.max()));
    BOOST_TEST(event.proximity > 0);
    BOOST_TEST(event.time <= last.time);
    const std::string& kind = event.kind < static_cast<int>(setup.parts.events.kinds.size())
                                  ? setup.parts.events.kinds[static_cast<std::size_t>(event.kind)]
                                  : "end";
    if (kind == "saddle_enter") BOOST_TEST(std::abs(event.proximity / 1e-2 - 1) < 1e-3);
  }
  BOOST_TEST_MESSAGE(events.size() << " events: numbers off by " << worst << " at most");
  BOOST_TEST(events.back().time == last.time);
  BOOST_TEST(events.back().loss == last.loss);
  BOOST_TEST(events.back().gradient_norm == last.gradient_norm);
  BOOST_TEST(events.back().proximity == last.proximity);
}

BOOST_FIXTURE_TEST_CASE(mode_changes_and_summaries_are_recorded, Run) {
  {
    archive::RunWriter file = writer(ModeChanges::kept);
    Recorder recorder(setup, file, study.snapshots("output.weights"));
    recorder.set_mode_summary([](const StepView& step) { return ModeSummary{step.step % 5, step.step % 3}; });
    Modes modes(recorder);
    integrate(recorder, modes);
    file.finish({"reached_end", {}, {}});
  }
  const archive::RunReader run = archive::RunReader::open(path);
  std::vector<archive::TimeRow> times;  // of the ends of steps
  std::size_t within = 0;
  for (const archive::TimeRow& row : run.time_rows()) {
    // A row within a step has the mode of the step.
    const bool is_step = times.empty() || row.step > times.back().step;
    const std::int64_t step = is_step ? row.step : row.step + 1;
    BOOST_TEST(row.sliding_count == step % 5);
    BOOST_TEST(row.dead_neurons == step % 3);
    if (is_step) times.push_back(row);
    within += is_step ? 0 : 1;
  }
  BOOST_REQUIRE(times.size() > 5u);
  BOOST_TEST(within == run.rows().event - 1);  // events, but for the end
  const std::vector<archive::ModeChangeRow> changes = run.mode_changes();
  BOOST_REQUIRE(changes.size() == 3 * (times.size() - 1));
  for (std::size_t k = 1; k < times.size(); ++k) {
    const archive::ModeChangeRow *three = &changes[3 * (k - 1)], &entered = three[0], &left = three[1];
    const auto step = static_cast<std::int64_t>(k);
    BOOST_TEST(entered.time > times[k - 1].time);
    BOOST_TEST(entered.time < times[k].time);
    BOOST_TEST(entered.phase_time == entered.time);
    BOOST_TEST(entered.log_time == std::log(entered.time), boost::test_tools::tolerance(1e-12));
    BOOST_TEST((entered.kind == ModeChangeKind::enter && entered.side == 0 && entered.layer == 0));
    BOOST_TEST(entered.neuron == step % 3);
    BOOST_TEST(entered.sample == step % 4);
    // The neurons of the second hidden layer are rows 3 and 4 of /neuron.
    BOOST_TEST((left.kind == ModeChangeKind::release && left.side == -1 && left.layer == 1));
    BOOST_TEST(left.neuron == 3 + step % 2);
    BOOST_TEST(std::isnan(left.phase_time));
    BOOST_TEST((three[2].kind == ModeChangeKind::cross && three[2].side == 1 && three[2].neuron == 4));
    BOOST_TEST(three[2].time == times[k].time);
  }
  const std::vector<std::int64_t> layers = run.description().neuron_layer;
  for (const archive::ModeChangeRow& change : changes)
    BOOST_TEST(layers[static_cast<std::size_t>(change.neuron)] == change.layer);
}

BOOST_FIXTURE_TEST_CASE(without_a_summary_the_columns_are_unknown, Run) {
  {
    archive::RunWriter file = writer(ModeChanges::kept);
    Recorder recorder(setup, file, study.snapshots("output.weights"));
    integrate(recorder, recorder);
    file.finish({"reached_end", {}, {}});
  }
  const archive::RunReader run = archive::RunReader::open(path);
  BOOST_TEST(run.has_mode_changes());
  BOOST_TEST(run.mode_changes().empty());
  BOOST_TEST(run.time_rows().back().sliding_count == -1);
}

// Every snapshot at a row of /time, with the numbers of its weights; the path and its work as without it.
BOOST_FIXTURE_TEST_CASE(snapshots_are_at_rows_of_time, Run) {
  SnapshotPolicy policy;
  policy.times = {0, 1, 1, Real(3.25), 100, 5000};
  {
    archive::RunWriter file = writer(ModeChanges::left_out);
    Recorder recorder(setup, file, policy);
    integrate(recorder, recorder);
    file.finish({"reached_end", {}, {}});
  }
  FlowSetup other(study);
  class : public Observer {
   public:
    void on_step(const StepView& step) override { times.push_back(static_cast<double>(step.t1)); }
    std::vector<double> times;
  } plain;
  other.parts.run(plain, other.integration_options());
  const archive::RunReader run = archive::RunReader::open(path);
  const std::vector<archive::TimeRow> rows = run.time_rows();
  Objective objective(setup.objective.shared_network(), setup.objective.data(), setup.objective.loss());
  std::size_t asked_for = 0;
  for (const archive::SnapshotRow& snapshot : run.snapshot_rows()) {
    const archive::TimeRow& row = rows.at(static_cast<std::size_t>(snapshot.time_row));
    BOOST_TEST(row.time == snapshot.time);
    BOOST_TEST(row.phase_time == row.time, boost::test_tools::tolerance(1e-12));
    const Vector w = to_vector(snapshot.weights);
    Vector gradient(w.size());
    BOOST_TEST(row.loss == static_cast<double>(objective.gradient(w, gradient)),
               boost::test_tools::tolerance(1e-9));
    BOOST_TEST(row.gradient_norm == static_cast<double>(gradient.norm()), boost::test_tools::tolerance(1e-9));
    BOOST_TEST(row.weight_norm == static_cast<double>(w.norm()), boost::test_tools::tolerance(1e-12));
    for (const Real t : {Real(1), Real(3.25), Real(100), Real(5000)}) asked_for += snapshot.time == t ? 1 : 0;
  }
  BOOST_TEST(asked_for == 4u);
  std::vector<double> steps;
  for (std::size_t k = 1; k < rows.size(); ++k) {
    BOOST_TEST(rows[k].time > rows[k - 1].time);
    if (rows[k].step > rows[k - 1].step) steps.push_back(rows[k].time);
  }
  BOOST_TEST(steps == plain.times, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_smooth_run_takes_no_mode_changes, Run) {
  archive::RunWriter file = writer(ModeChanges::left_out);
  Recorder recorder(setup, file, study.snapshots("output.weights"));
  recorder.on_mode_changes({});
  const KinkChange change;
  BOOST_CHECK_THROW(recorder.on_mode_changes({&change, 1}), InputError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
