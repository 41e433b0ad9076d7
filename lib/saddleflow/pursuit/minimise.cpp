#include "saddleflow/pursuit/minimise.hpp"

#include <fmt/format.h>

#include "saddleflow/base/error.hpp"
#include "saddleflow/flow/approach.hpp"
#include "saddleflow/flow/gradient_flow.hpp"
#include "saddleflow/flow/probe.hpp"

namespace saddleflow {

namespace {

ApproachOptions approach_of(const MinimiseOptions& options) {
  ApproachOptions approach;
  approach.destination = options.destination;
  approach.rtol = options.rtol;
  approach.enter = options.enter;
  approach.leave = options.leave;
  approach.steady = options.steady;
  approach.loss = options.loss;
  approach.t_end = options.t_end;
  approach.max_steps = options.max_steps;
  approach.stop_at_sampled_decisions = options.stop_at_sampled_decisions;
  approach.interrupt = options.interrupt;
  if (options.on_step)
    approach.on_step = [&options](const StepView& step, const Observables& o, const Vector& w) {
      options.on_step({step.t1, step.step_size, step.step, step.method, o, w});
    };
  return approach;
}

Minimisation by_flow(Objective& objective, const Vector& w, const MinimiseOptions& options) {
  const Approach approach = follow_to_critical_point(objective, w, approach_of(options));
  Minimisation result;
  result.stop_reason = approach.outcome.stop_reason;
  result.weights = approach.turned_away() && approach.has_visit() ? approach.closest : approach.weights;
  result.passed = approach.left - (approach.turned_away() ? 1 : 0);
  result.time = approach.outcome.time;
  result.steps = approach.steps;
  result.sampled_decisions = approach.sampled_decisions;
  result.work = approach.work;
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
