#include "saddleflow/study/verification.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/study/flow_setup.hpp"
#include "saddleflow/study/recorder.hpp"

namespace saddleflow {

namespace {

/// Compares the path at the stored times as the second run passes them, and collects its events.
class Comparison : public Observer {
 public:
  Comparison(const FlowSetup& setup, const archive::RunReader& run)
      : run_(run), times_(run.column("snapshot_time")), n_(setup.objective.size()) {}

  void on_event(const EventHit& hit, const Vector& /*x*/, const StateAt& /*dense*/) override {
    events_.push_back({hit.event, hit.time});
  }

  void on_step(const StepView& step) override {
    for (; next_ < times_.size() && static_cast<Real>(times_[next_]) <= step.t1; ++next_) {
      const Real t = static_cast<Real>(times_[next_]);
      if (t < step.t1)
        step.dense(std::max(t, step.t0), x_);
      else
        x_ = step.x1;
      compare(t, static_cast<std::int64_t>(next_));
    }
  }

  struct Located {
    std::size_t kind;
    Real time;
  };
  const std::vector<Located>& events() const { return events_; }
  bool complete() const { return next_ == times_.size(); }
  Real worst() const { return worst_; }
  Real worst_time() const { return worst_time_; }

 private:
  void compare(Real t, std::int64_t row) {
    const std::vector<double> stored = run_.row("weights", row);
    Real difference = 0;
    for (Index i = 0; i < n_; ++i) {
      const Real d = static_cast<Real>(stored[static_cast<std::size_t>(i)]) - x_[i];
      difference += d * d;
    }
    const Real relative = std::sqrt(difference) / x_.head(n_).norm();
    if (relative <= worst_) return;
    worst_ = relative;
    worst_time_ = t;
  }

  const archive::RunReader& run_;
  std::vector<double> times_;
  Index n_;
  std::size_t next_ = 0;
  std::vector<Located> events_;
  Real worst_ = 0, worst_time_ = 0;
  Vector x_;
};

void compare_events(const std::vector<archive::EventRow>& stored, const Comparison& second,
                    const std::vector<std::string>& kinds, Verification& out) {
  const auto& events = second.events();
  const auto end_kind = kinds.size() - 1;
  std::size_t i = 0;
  for (; i < stored.size() && static_cast<std::size_t>(stored[i].kind) != end_kind; ++i) {
    const std::string& kind = kinds[static_cast<std::size_t>(stored[i].kind)];
    if (i >= events.size() || events[i].kind != static_cast<std::size_t>(stored[i].kind)) {
      out.same_events = false;
      out.first_difference = fmt::format("event {} is {} in the run and {} at a tenth of the tolerance",
                                         i + 1, kind, i < events.size() ? kinds[events[i].kind] : "absent");
      return;
    }
    const Real t = events[i].time;
    const Real error =
        std::abs(static_cast<Real>(stored[i].time) - t) / std::max(t, std::numeric_limits<Real>::min());
    out.event_time_error = std::max(out.event_time_error, error);
  }
  if (i < events.size()) {
    out.same_events = false;
    out.first_difference = fmt::format("event {} is absent in the run and {} at a tenth of the tolerance",
                                       i + 1, kinds[events[i].kind]);
  }
}

}  // namespace

Verification verify_run(const StudyTable& study, const std::string& run_path,
                        const std::atomic<bool>* interrupt) {
  const archive::RunReader run = archive::RunReader::open(run_path);
  FlowSetup setup(study, study.real("flow.rtol") / 10);
  // As far as the run went; one that an event has stopped may be stopped a little later this time.
  const std::string stopped = run.summary().stop_reason;
  const bool by_event = stopped.starts_with("event:");
  IntegrationOptions options = setup.integration_options();
  options.t_end = by_event ? setup.t_end : static_cast<Real>(run.column("snapshot_time").back());
  options.interrupt = interrupt;
  Integration integration(System(setup.flow), *setup.stepper, setup.detector, options);
  Comparison comparison(setup, run);
  setup.begin(integration);
  const Outcome outcome = integration.run(comparison);

  Verification result;
  result.path_error = comparison.worst();
  result.path_error_time = comparison.worst_time();
  result.stop_reason = outcome.stop_reason;
  result.complete = comparison.complete() || (by_event && outcome.stop_reason == stopped);
  compare_events(run.event_rows(), comparison, Recorder::event_kinds(setup), result);
  return result;
}

}  // namespace saddleflow
