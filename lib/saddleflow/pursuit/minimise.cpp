#include "saddleflow/pursuit/minimise.hpp"

#include <fmt/format.h>

#include <limits>

#include "saddleflow/base/error.hpp"
#include "saddleflow/integrate/flow_assembly.hpp"
#include "saddleflow/integrate/flow_stepping.hpp"

namespace saddleflow {

namespace {

FlowAssemblyOptions assembly(const Objective& objective, const MinimiseOptions& options) {
  FlowAssemblyOptions assembly;
  const Real energy_unit = Correlation(objective).loss_at_origin();
  assembly.stepping = flow_stepping(objective.network(), options.rtol, energy_unit);
  assembly.events = no_flow_events();
  assembly.events.saddles = true;
  assembly.events.saddle_enter = options.enter;
  assembly.events.saddle_leave = options.leave;
  assembly.events.saddle_leaves_terminal = options.destination == Destination::critical_point ? 1 : 0;
  assembly.events.visit_at_start = false;
  assembly.events.steady = assembly.events.steady_terminal = true;
  assembly.events.steady_threshold = options.steady;
  assembly.stop_at_sampled_decisions = options.stop_at_sampled_decisions;
  if (options.loss > 0) assembly.events.levels.push_back({"loss", options.loss, Direction::falling, true, 0});
  return assembly;
}

/// Reports the steps, counts visits, and keeps the weights at the closest approach of the last visit.
class Descent : public Observer {
 public:
  Descent(FlowAssembly& parts, const MinimiseOptions& options) : parts_(parts), options_(options) {}

  void on_event(const EventHit& hit, const Vector& x, const StateAt& /*dense*/) override {
    const EventKind kind = parts_.events.kind_of(hit.event);
    if (kind == EventKind::saddle_enter) {
      inside_ = true;
      closest_ = std::numeric_limits<Real>::infinity();
    }
    if (kind == EventKind::saddle_leave && inside_) {
      inside_ = false;
      ++passed;
    }
    if (inside_) look(x);
  }

  void on_step(const StepView& step) override {
    parts_.probe.observe(step.x1, o_);
    const Vector w = parts_.weights(step.x1);
    if (inside_ && o_.proximity < closest_) {
      closest_ = o_.proximity;
      closest_weights = w;
    }
    if (options_.on_step) options_.on_step({step.t1, step.step_size, step.step, step.method, o_, w});
  }

  std::int64_t passed = 0;
  Vector closest_weights;

 private:
  void look(const Vector& x) {
    parts_.probe.observe(x, o_);
    if (!(o_.proximity < closest_)) return;
    closest_ = o_.proximity;
    closest_weights = parts_.weights(x);
  }

  FlowAssembly& parts_;
  const MinimiseOptions& options_;
  Observables o_;
  Real closest_ = 0;
  bool inside_ = false;
};

Minimisation by_flow(Objective& objective, const Vector& w, const MinimiseOptions& options) {
  const WorkCounters before = objective.counters();
  FlowAssembly parts(objective, w, assembly(objective, options));
  Descent observer(parts, options);
  IntegrationOptions integration;
  integration.t_end = options.t_end;
  integration.end_after_polar = true;
  integration.max_steps = options.max_steps;
  integration.interrupt = options.interrupt;
  const Outcome outcome = parts.run(observer, integration);
  Minimisation result;
  result.stop_reason = outcome.stop_reason;
  result.weights = parts.weights(outcome.state);
  const bool turned_away = outcome.stop_reason.is_event(EventKind::saddle_leave);
  if (turned_away && observer.closest_weights.size() > 0) result.weights = observer.closest_weights;
  result.passed = observer.passed - (turned_away ? 1 : 0);
  result.time = outcome.time;
  result.steps = parts.steps.accepted;
  result.sampled_decisions = parts.sampled_decisions;
  result.work = parts.work() - before;
  objective.clear_mode();
  Vector gradient(w.size());
  result.loss = objective.gradient(result.weights, gradient);
  // A network whose neurons are all dead stands still, with a proximity that nothing defines.
  if (result.stop_reason == Stop::step_limit && gradient.isZero(0))
    result.stop_reason = StopReason::at_event(EventKind::steady);
  return result;
}

Minimisation by_gradient_descent(Objective& objective, const Vector& w, const MinimiseOptions& options) {
  if (!(options.learning_rate > 0))
    throw InputError(fmt::format("learning rate: found {}, expected more than 0",
                                 static_cast<double>(options.learning_rate)));
  const WorkCounters before = objective.counters();
  GradientFlow flow(objective);
  Probe probe(flow, GradientFlow::initial_state(w));
  Minimisation result;
  result.weights = w;
  Observables o;
  Vector gradient(w.size());
  result.stop_reason = Stop::iterations_spent;
  for (std::int64_t k = 0; k <= options.iterations; ++k) {
    result.loss = objective.gradient(result.weights, gradient);
    result.steps = k;
    const bool look = k % options.record_every == 0 || k == options.iterations;
    if (look) probe.observe(GradientFlow::initial_state(result.weights), o);
    if (look && options.on_step)
      options.on_step(
          {static_cast<Real>(k) * options.learning_rate, options.learning_rate, k, {}, o, result.weights});
    if (!std::isfinite(result.loss))
      result.stop_reason = Stop::nonfinite;
    else if (options.loss > 0 && result.loss <= options.loss)
      result.stop_reason = StopReason::at_event("level:loss");
    else if (look && k > 0 && o.proximity < options.steady)
      result.stop_reason = StopReason::at_event(EventKind::steady);
    else if (options.interrupt && options.interrupt->load())
      result.stop_reason = Stop::interrupted;
    else if (k < options.iterations) {
      result.weights -= options.learning_rate * gradient;
      continue;
    }
    break;
  }
  result.time = static_cast<Real>(result.steps) * options.learning_rate;
  result.work = objective.counters() - before;
  return result;
}

}  // namespace

Minimisation minimise(Objective& objective, const Vector& w, const MinimiseOptions& options) {
  if (w.size() != objective.size())
    throw InputError(fmt::format("minimise: found {} weights, expected {}", w.size(), objective.size()));
  return options.minimiser == Minimiser::flow ? by_flow(objective, w, options)
                                              : by_gradient_descent(objective, w, options);
}

}  // namespace saddleflow
