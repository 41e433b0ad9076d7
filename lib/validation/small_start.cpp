#include "validation/small_start.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "saddleflow/flow/flow_assembly.hpp"

namespace saddleflow::claims {

namespace {

FlowAssemblyOptions assembly(const Problem& problem, const FlowEventOptions& events) {
  FlowAssemblyOptions options;
  options.stepper = problem.stepper;
  options.stepping = problem.stepper_options;
  options.events = events;
  return options;
}

/// What an end counts from.
enum class EndFrom { start, polar_exit };

Outcome run(Problem& problem, FlowAssembly& parts, Real t_end, EndFrom from, Observer& observer) {
  IntegrationOptions options;
  options.t_end = t_end;
  options.end_after_polar = from == EndFrom::polar_exit;
  options.max_steps = problem.max_steps;
  options.interrupt = problem.interrupt;
  Outcome outcome = parts.run(observer, options);
  if (outcome.stop_reason == Stop::interrupted) throw Interrupted();
  if (outcome.failed()) throw NumericalError("flow from a small start: " + outcome.message);
  return outcome;
}

FlowPoint point_of(FlowAssembly& parts, Real time, const Vector& x) {
  const Real log_norm = parts.probe.log_norm(x);
  return {time, log_norm, parts.weights(x).stableNormalized(), log_norm};
}

class Sampler : public Observer {
 public:
  Sampler(FlowAssembly& parts, Real log_delta, const std::vector<Real>& times, SmallRun& run)
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
    FlowPoint point = point_of(parts_, time, x);
    largest_ = point.largest_log_norm = std::max(largest_, point.log_norm);
    run_.samples.push_back(std::move(point));
  }

  FlowAssembly& parts_;
  const std::vector<Real>& times_;
  SmallRun& run_;
  Real largest_;
  std::size_t next_ = 0;
  Vector x_;
};

}  // namespace

Vector FlowPoint::weights() const { return std::exp(log_norm) * direction; }

SmallRun follow_flow(Problem& problem, const Vector& u0, Real log_delta, const std::vector<Real>& times) {
  FlowAssembly parts(problem.objective, u0.normalized(), log_delta, assembly(problem, no_flow_events()));
  SmallRun result;
  Sampler sampler(parts, log_delta, times, result);
  const Outcome outcome = run(problem, parts, times.back(), EndFrom::start, sampler);
  result.stop_reason = outcome.stop_reason;
  if (outcome.stop_reason == Stop::reached_end) sampler.finish(outcome.state);
  return result;
}

namespace {

std::optional<FlowPoint> flow_at_level(Problem& problem, const Vector& u0, Real log_delta,
                                       const LevelOptions& level) {
  // After the polar chart the time left is that of the nonlinear flow, which knows nothing of delta, and of
  // norms of order 1: by judgement.
  constexpr Real kLongestFlow = Real(1e6);
  FlowEventOptions options = no_flow_events();
  options.levels.push_back(level);
  FlowAssembly parts(problem.objective, u0.normalized(), log_delta, assembly(problem, options));
  Observer nobody;
  // Networks with kinks have no polar chart: there the time near the origin counts too.
  const Real near_origin = std::exp(static_cast<Real>(2 - problem.degree()) * log_delta);
  const Outcome outcome = run(problem, parts, parts.polar ? kLongestFlow : kLongestFlow * near_origin,
                              EndFrom::polar_exit, nobody);
  if (!outcome.stop_reason.is_event()) return std::nullopt;
  return point_of(parts, outcome.time, outcome.state);
}

}  // namespace

std::optional<FlowPoint> flow_at_norm(Problem& problem, const Vector& u0, Real log_delta, Real norm) {
  return flow_at_level(
      problem, u0, log_delta,
      {.quantity = "weight_norm", .value = norm, .direction = Direction::rising, .terminal = true});
}

std::optional<FlowPoint> flow_at_loss(Problem& problem, const Vector& u0, Real log_delta, Real loss) {
  return flow_at_level(
      problem, u0, log_delta,
      {.quantity = "loss", .value = loss, .direction = Direction::falling, .terminal = true});
}

}  // namespace saddleflow::claims
