#include "saddleflow/job/flow_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>
#include <utility>

#include "saddleflow/archive/checkpoint.hpp"
#include "saddleflow/archive/output_lock.hpp"
#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/memory.hpp"
#include "saddleflow/base/output_path.hpp"
#include "saddleflow/job/continuation.hpp"
#include "saddleflow/job/path_bounds.hpp"
#include "saddleflow/problem/test_score.hpp"
#include "saddleflow/record/recorder.hpp"
#include "saddleflow/record/run_description.hpp"
#include "saddleflow/study/flow_setup.hpp"

namespace saddleflow {

namespace {

using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

// Speeds that differ by less agree: by judgement, for an estimate of the minutes that are left.
constexpr double kSameSpeed = 0.25;

/// Flow time per wall second, believed once two looks in a row agree.
class SpeedEstimate {
 public:
  double seconds_left(double wall, Real time, Real t_end) {
    const double speed = static_cast<double>(time - last_time_) / (wall - last_wall_);
    const bool steady = std::abs(speed - last_speed_) < kSameSpeed * speed;
    last_time_ = time;
    last_wall_ = wall;
    last_speed_ = speed;
    return steady ? static_cast<double>(t_end - time) / speed : std::numeric_limits<double>::quiet_NaN();
  }

 private:
  Real last_time_ = 0;
  double last_wall_ = 0, last_speed_ = 0;
};

// So many times the usual wait a run near its end goes without a checkpoint: mostly the end is some steps
// away, but where these are rejected it may be far.
constexpr double kPatience = 10;

/// Between the integration and the recorder: flushes, checkpoints and progress, by the clock. None of it
/// touches the numbers.
class FlowRun : public Observer {
 public:
  enum class Begin {
    fresh,       ///< of a new file
    again,       ///< of a file of the same trajectory, which is written anew
    checkpoint,  ///< where a run of this file was last saved
  };
  FlowRun(const StudyTable& study, const FlowRunOptions& options, Begin begin)
      : options_(options),
        begin_(begin),
        setup_(study),
        bounds_(path_bounds(study)),
        writer_(make_writer(study)),
        recorder_(setup_, writer_, study.snapshots("output.weights")),
        integration_(setup_.parts.system(), *setup_.parts.stepper, setup_.parts.detector,
                     integration_options()),
        checkpoint_seconds_(static_cast<double>(study.real("output.checkpoint_seconds"))) {
    setup_.objective.set_workers(options.workers);
    setup_.parts.correlation.set_workers(options.workers);
    recorder_.set_workers(options.workers);
    // By default in units of what the energy is integrated in, see FlowAssembly.
    const Real first_loss = setup_.parts.initial.loss;
    if (study.real("verify.energy") == 0 && first_loss > 0)
      bounds_.energy *= std::max(Real(1), setup_.parts.correlation.loss_at_origin() / first_loss);
    if (setup_.parts.switching != nullptr)
      recorder_.set_mode_summary([this](const StepView&) { return setup_.parts.mode_summary(); });
  }

  archive::RunSummary run() {
    if (begin_ == Begin::checkpoint)
      restore();
    else
      begin();
    const Outcome outcome = integration_.run(*this);
    // An interrupted run goes on later from here: no end event, no verdict on an unfinished visit.
    const bool unfinished = outcome.stop_reason == Stop::interrupted;
    if (!unfinished) {
      recorder_.end(outcome);
    } else if (!integration_.aims_at_end()) {
      checkpoint();
    }
    archive::RunSummary result = summary(outcome.stop_reason.text(), outcome.message);
    if (setup_.test) add_test_score(setup_.parts.recorded_weights(outcome.state), result);
    writer_.finish(result);
    return result;
  }

  void on_event(const EventHit& hit, const Vector& x, const StateAt& dense) override {
    recorder_.on_event(hit, x, dense);
  }

  void on_step(const StepView& step) override {
    if (setup_.parts.switching != nullptr) note_modes(step);
    recorder_.on_step(step);
    event_waits_ = recorder_.take_event_mark() || event_waits_;
    due_ = seconds_since(last_checkpoint_) >= checkpoint_seconds_;
    if (options_.progress && seconds_since(last_progress_) >= 0.5) show_progress();
    require_within(recorder_.gauges(), bounds_, step.t1, setup_.parts.rise_unit());
  }

  /// Called between steps, when the state is whole. The last checkpoint stays beside a finished run, which
  /// can go on from it: none is made where the end is near, if it comes soon, since the sizes of steps depend
  /// on it there.
  void between_steps() {
    have_gradient();
    const double patience = integration_.aims_at_end() ? kPatience * checkpoint_seconds_ : 0;
    if (due_ && seconds_since(last_checkpoint_) >= patience) {
      checkpoint();
    } else if (event_waits_) {
      writer_.flush();
    }
    due_ = event_waits_ = false;
  }

 private:
  archive::RunWriter make_writer(const StudyTable& study) {
    const archive::RunDescription description = describe_run(setup_, study, options_.command);
    if (begin_ != Begin::fresh) check_data(study, description);
    if (begin_ != Begin::checkpoint)
      return archive::RunWriter::create(options_.output, description,
                                        {options_.overwrite || begin_ == Begin::again});
    checkpoint_ = archive::read_checkpoint(archive::checkpoint_path(options_.output));
    return archive::RunWriter::resume(options_.output, checkpoint_, description);
  }

  // The study may name files whose content has changed meanwhile.
  void check_data(const StudyTable& study, const archive::RunDescription& now) const {
    const archive::RunReader run = archive::RunReader::open(options_.output);
    const archive::RunDescription& then = run.description();
    bool same = now.inputs == then.inputs && now.targets == then.targets;
    if (begin_ == Begin::checkpoint)
      same = same && now.test_inputs == then.test_inputs && now.test_targets == then.test_targets;
    if (same && run.rows().snapshot > 0) {
      const std::vector<double> w0 = run.row("weights", 0);
      const Vector here = setup_.rates.weights(setup_.w0);
      same = std::equal(w0.begin(), w0.end(), here.begin(), here.end(),
                        [](double stored, Real now_here) { return stored == static_cast<double>(now_here); });
    }
    if (!same)
      throw InputError(
          fmt::format("{}: cannot be resumed: the data or the initial weights that {} describes are no "
                      "longer those of the run",
                      options_.output, study.name()));
  }

  IntegrationOptions integration_options() {
    IntegrationOptions o = setup_.integration_options();
    o.interrupt = options_.interrupt;
    o.between_steps = [this] { between_steps(); };
    return o;
  }

  void note_modes(const StepView& step) {
    const std::vector<KinkChange> changes = setup_.parts.kink_changes(step);
    if (!changes.empty()) recorder_.on_mode_changes(changes);
    const auto branched = std::count_if(changes.begin(), changes.end(), [](const KinkChange& change) {
      return change.kind == ModeChangeKind::branch;
    });
    mode_changes_ += std::ssize(changes) - branched;
    branchings_ += branched > 0 ? 1 : 0;
    sampled_ += setup_.parts.switching->sampled() ? 1 : 0;
    most_sliding_ = std::max(most_sliding_, setup_.parts.mode_summary().sliding);
    ambiguous_ = std::max(ambiguous_, std::ssize(setup_.parts.switching->ambiguous()));
  }

  void begin() {
    setup_.parts.begin(integration_);
    recorder_.begin();
    have_gradient();
    checkpoint();
  }

  /// Between steps the gradient at the state is at hand, in the chart of the next step: after a resume as
  /// without one, so that the same evaluations are counted.
  void have_gradient() { setup_.parts.probe.proximity(integration_.state()); }

  void checkpoint() {
    archive::Checkpoint c;
    for (auto& [name, values] : integration_.memory()) c.reals[name] = values;
    c.reals["setup"] = setup_.memory();
    c.reals["recorder"] = recorder_.memory();
    c.reals["work"] = work_memory();
    if (setup_.parts.switching != nullptr) c.reals["modes"] = modes_memory();
    c.integers[kAimsAtEnd] = {integration_.aims_at_end() ? 1 : 0};
    c.reals["wall_seconds"] = {static_cast<Real>(wall_seconds())};
    writer_.checkpoint(std::move(c));
    last_checkpoint_ = SteadyClock::now();
  }

  void restore() {
    try {
      restore_parts();
    } catch (const InputError& error) {  // an object that reads its numbers knows no file
      const std::string text = error.what();
      throw InputError(text.starts_with(options_.output) ? text : options_.output + ": " + text);
    }
  }

  /// Sizes are looked at before they are used: old checkpoints have no checksum.
  void require_state() {
    const PolarFlow& polar = setup_.parts.polar_flow;
    const Index found = std::ssize(part("state")), cartesian = polar.parameter_count() + 1;
    if (found != cartesian && found != polar.state_size())
      throw InputError(fmt::format("checkpoint: 'state' holds {} numbers, expected {}, or {} near the origin",
                                   found, cartesian, polar.state_size()));
  }

  void restore_parts() {
    require_state();
    setup_.restore(part("setup"));
    recorder_.restore(part("recorder"));
    Memory memory;
    for (const char* name : {"state", "clock", "charts", "standstill", "stepper", "events"})
      memory[name] = part(name);
    integration_.restore(memory);
    MemoryReader seconds(part("wall_seconds"), "checkpoint: 'wall_seconds'");
    earlier_seconds_ = static_cast<double>(seconds.real());
    seconds.finish();
    have_gradient();
    restore_work();  // what the gradient cost was counted before the interrupt
    if (setup_.parts.switching != nullptr) restore_modes();
  }

  std::vector<Real> work_memory() const {
    MemoryWriter memory;
    for (const WorkCounters& work : {setup_.objective.counters(), setup_.parts.correlation.counters()})
      for (const std::int64_t count : {work.values, work.gradients, work.hessian_vectors, work.hessians})
        memory.add(count);
    return memory.take();
  }

  void restore_work() {
    MemoryReader reader(part("work"), options_.output + ": checkpoint: 'work'");
    WorkCounters work, polar;
    for (WorkCounters* counters : {&work, &polar})
      for (std::int64_t* count :
           {&counters->values, &counters->gradients, &counters->hessian_vectors, &counters->hessians})
        *count = reader.integer();
    reader.finish();
    setup_.objective.set_counters(work);
    setup_.parts.correlation.set_counters(polar);
  }

  std::vector<Real> modes_memory() const {
    MemoryWriter memory;
    for (const std::int64_t count : {mode_changes_, most_sliding_, ambiguous_, branchings_, sampled_})
      memory.add(count);
    return memory.take();
  }

  void restore_modes() {
    MemoryReader reader(part("modes"), options_.output + ": checkpoint: 'modes'");
    for (std::int64_t* count : {&mode_changes_, &most_sliding_, &ambiguous_, &branchings_, &sampled_})
      *count = reader.integer();
    reader.finish();
  }

  const std::vector<Real>& part(const std::string& name) {
    const auto found = checkpoint_.reals.find(name);
    if (found == checkpoint_.reals.end())
      throw InputError(fmt::format("{}: checkpoint: '{}' is missing", options_.output, name));
    return found->second;
  }

  double wall_seconds() const { return earlier_seconds_ + seconds_since(start_); }

  void show_progress() {
    last_progress_ = SteadyClock::now();
    Progress p;
    p.time = recorder_.latest_time();
    p.t_end = setup_.t_end;
    p.loss = recorder_.latest().loss;
    p.weight_norm = recorder_.latest().weight_norm;
    p.steps = integration_.steps();
    p.events = recorder_.event_count();
    p.seconds_left = speed_.seconds_left(seconds_since(start_), p.time, p.t_end);
    options_.progress(p);
  }

  archive::RunSummary summary(const std::string& reason, const std::string& message) const {
    const WorkCounters work = setup_.parts.work();
    const StepCounters steps = integration_.counters();
    const Gauges& gauges = recorder_.gauges();
    archive::RunSummary s;
    s.stop_reason = reason;
    const auto number = [&s](const char* name, auto value) {
      s.numbers.emplace_back(name, static_cast<double>(value));
    };
    number("rtol", setup_.rtol);
    number("gradients", work.gradients);
    number("hessian_vectors", work.hessian_vectors);
    number("hessians", work.hessians);
    number("values", work.values);
    const WorkCounters& analysis = recorder_.analysis_work();
    number("analysis_gradients", analysis.gradients);
    number("analysis_hessian_vectors", analysis.hessian_vectors);
    number("analysis_hessians", analysis.hessians);
    number("factorizations", steps.factorizations);
    number("steps_accepted", steps.accepted);
    number("steps_rejected_error", steps.rejected_error);
    number("steps_rejected_nonfinite", steps.rejected_nonfinite);
    number("steps_rejected_indefinite", steps.rejected_indefinite);
    number("stepper_switches", steps.switches);
    number("events", recorder_.event_count());
    number("root_evaluations", setup_.parts.detector.root_evaluations());
    number("balance_drift", gauges.balance_drift);
    number("energy_drift", gauges.energy_drift);
    number("loss_rise", gauges.loss_rise);
    if (setup_.parts.switching != nullptr) {
      number("mode_changes", mode_changes_);
      number("most_sliding", most_sliding_);
      number("ambiguous_starts", ambiguous_);
      number("branchings", branchings_);
      number(kSampledDecisions, sampled_);
    }
    number("wall_seconds", wall_seconds());
    if (!message.empty()) s.texts.emplace_back("stop_message", message);
    return s;
  }

  void add_test_score(const Vector& w, archive::RunSummary& s) const {
    const TestScore score = test_score(setup_.weight_network, w, *setup_.test, setup_.loss);
    s.numbers.emplace_back("test_loss", static_cast<double>(score.loss));
    s.numbers.emplace_back("test_error", static_cast<double>(score.error));
  }

  const FlowRunOptions& options_;
  Begin begin_;
  FlowSetup setup_;
  PathBounds bounds_;
  archive::Checkpoint checkpoint_;
  archive::RunWriter writer_;
  Recorder recorder_;
  Integration integration_;
  double checkpoint_seconds_;
  double earlier_seconds_ = 0;
  SteadyClock::time_point start_ = SteadyClock::now();
  SteadyClock::time_point last_checkpoint_ = start_, last_progress_ = start_;
  SpeedEstimate speed_;
  bool event_waits_ = false, due_ = false;
  std::int64_t mode_changes_ = 0, most_sliding_ = 0, ambiguous_ = 0, branchings_ = 0, sampled_ = 0;
};

}  // namespace

archive::RunSummary run_flow(const StudyTable& study, const FlowRunOptions& options) {
  using Begin = FlowRun::Begin;
  require_plain_output(options.output);
  const archive::OutputLock mine(options.output);
  std::error_code ignored;
  if (!options.resume || !std::filesystem::exists(options.output, ignored))
    return FlowRun(study, options, Begin::fresh).run();
  Continuation next;
  {
    const archive::RunReader run = archive::RunReader::open(options.output);
    next = plan_continuation(study, run);
    if (next.how == Continuation::How::show) return run.summary();
  }
  if (next.how == Continuation::How::go_on) return FlowRun(study, options, Begin::checkpoint).run();
  if (options.note)
    options.note(fmt::format("{}: integrated from the start: {}", options.output, next.reason));
  return FlowRun(study, options, Begin::again).run();
}

}  // namespace saddleflow
