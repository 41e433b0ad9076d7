#include "saddleflow/claims/small_start.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "saddleflow/integrate/flow_events.hpp"
#include "saddleflow/integrate/integration.hpp"
#include "saddleflow/integrate/polar_chart.hpp"

namespace saddleflow::claims {

namespace {

/// All parts of one run, wired together as study/flow_setup does.
class Parts {
 public:
  Parts(Problem& problem, const Vector& u0, Real log_delta, const FlowEventOptions& event_options)
      : flow_(problem.objective),
        correlation_(problem.objective),
        polar_flow_(correlation_, correlation_.loss_at_origin()),
        x0_(polar_flow_.enter(u0.normalized(), log_delta, 0)),
        probe(flow_, x0_, &polar_flow_),
        events_(make_flow_events(event_options, probe, observe())),
        detector_(events_.events),
        chart_(
            polar_flow_,
            make_stepper(problem.stepper, PolarChart::stepper_options(problem.stepper_options, polar_flow_)),
            chart_options(problem)),
        stepper_(make_stepper(problem.stepper, problem.stepper_options)),
        max_steps_(problem.max_steps),
        interrupt_(problem.interrupt) {}

  Outcome run(Real t_end, bool after_polar, Observer& observer) {
    IntegrationOptions options;
    options.t_end = t_end;
    options.end_after_polar = after_polar;
    options.polar = &chart_;
    options.max_steps = max_steps_;
    options.interrupt = interrupt_;
    Integration integration(System(flow_), *stepper_, detector_, options);
    integration.start(x0_, 0);
    Outcome outcome = integration.run(observer);
    if (outcome.stop_reason == "interrupted") throw Interrupted();
    if (outcome.failed()) throw NumericalError("flow from a small start: " + outcome.message);
    return outcome;
  }

  FlowPoint point(Real time, const Vector& x) {
    return {time, probe.log_norm(x), probe.weights(x).stableNormalized(), probe.log_norm(x)};
  }

 private:
  Observables observe() {
    Observables initial;
    probe.observe(x0_, initial);
    return initial;
  }
  static PolarChart::Options chart_options(const Problem& problem) {
    PolarChart::Options options;
    options.rtol = problem.rtol;
    return options;
  }

  GradientFlow flow_;
  Correlation correlation_;
  PolarFlow polar_flow_;
  Vector x0_;

 public:
  Probe probe;

 private:
  FlowEvents events_;
  EventDetector detector_;
  PolarChart chart_;
  std::unique_ptr<Stepper> stepper_;
  std::int64_t max_steps_;
  const std::atomic<bool>* interrupt_;
};

FlowEventOptions no_events() {
  FlowEventOptions options;
  options.escape.clear();
  options.saddles = options.steady = false;
  return options;
}

class Sampler : public Observer {
 public:
  Sampler(Parts& parts, Real log_delta, const std::vector<Real>& times, SmallRun& run)
      : parts_(parts), times_(times), run_(run), largest_(log_delta) {}

  void on_step(const StepView& step) override {
    for (; next_ < times_.size() && times_[next_] <= step.t1; ++next_) {
      step.dense(times_[next_], x_);
      add(times_[next_], x_);
    }
    largest_ = std::max(largest_, parts_.probe.log_norm(step.x1));
  }
  /// The end of the run is the last time, up to rounding.
  void finish(const Vector& x) {
    if (next_ + 1 == times_.size()) add(times_[next_++], x);
  }

 private:
  void add(Real time, const Vector& x) {
    FlowPoint point = parts_.point(time, x);
    largest_ = point.largest_log_norm = std::max(largest_, point.log_norm);
    run_.samples.push_back(std::move(point));
  }

  Parts& parts_;
  const std::vector<Real>& times_;
  SmallRun& run_;
  Real largest_;
  std::size_t next_ = 0;
  Vector x_;
};

}  // namespace

Vector FlowPoint::weights() const { return std::exp(log_norm) * direction; }

SmallRun follow_flow(Problem& problem, const Vector& u0, Real log_delta, const std::vector<Real>& times) {
  Parts parts(problem, u0, log_delta, no_events());
  SmallRun run;
  Sampler sampler(parts, log_delta, times, run);
  const Outcome outcome = parts.run(times.back(), false, sampler);
  run.stop_reason = outcome.stop_reason;
  if (outcome.stop_reason == "reached_end") sampler.finish(outcome.state);
  return run;
}

std::optional<FlowPoint> flow_at_norm(Problem& problem, const Vector& u0, Real log_delta, Real norm) {
  // After the polar chart the time left is that of the nonlinear flow, which knows nothing of delta.
  constexpr Real kLongest = Real(1e6);
  FlowEventOptions options = no_events();
  options.levels.push_back({"weight_norm", norm, Direction::rising, true, 0});
  Parts parts(problem, u0, log_delta, options);
  Observer nobody;
  const Outcome outcome = parts.run(kLongest, true, nobody);
  if (!outcome.stop_reason.starts_with("event:")) return std::nullopt;
  return parts.point(outcome.time, outcome.state);
}

}  // namespace saddleflow::claims
