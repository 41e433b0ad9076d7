#include "saddleflow/flow/approach.hpp"

#include "saddleflow/flow/flow_assembly.hpp"

namespace saddleflow {

namespace {

FlowAssemblyOptions assembly_of(const ApproachOptions& options) {
  FlowAssemblyOptions assembly;
  assembly.rtol = options.rtol;
  assembly.events = no_flow_events();
  assembly.events.saddles = true;
  assembly.events.saddle_enter = options.enter;
  assembly.events.saddle_leave = options.leave;
  assembly.events.saddle_leaves_terminal = options.destination == Destination::critical_point ? 1 : 0;
  assembly.events.visit_at_start = false;
  assembly.events.steady = assembly.events.steady_terminal = true;
  assembly.events.steady_threshold = options.steady;
  assembly.stop_at_sampled_decisions = options.stop_at_sampled_decisions;
  if (options.loss > 0)
    assembly.events.levels.push_back(
        {.quantity = "loss", .value = options.loss, .direction = Direction::falling, .terminal = true});
  return assembly;
}

/// Reports the steps, counts visits, and keeps the closest approach of the last one.
class ApproachObserver : public Observer {
 public:
  ApproachObserver(FlowAssembly& parts, const ApproachOptions& options, Approach& approach)
      : parts_(parts), options_(options), approach_(approach) {}

  void on_event(const EventHit& hit, const Vector& x, const StateAt& /*dense*/) override {
    const EventKind kind = parts_.events.kind_of(hit.event);
    if (kind == EventKind::saddle_enter) {
      inside_ = true;
      approach_.proximity = std::numeric_limits<Real>::infinity();
    }
    if (kind == EventKind::saddle_leave && inside_) {
      inside_ = false;
      ++approach_.left;
    }
    if (!inside_) return;
    parts_.probe.observe(x, observables_);
    look(hit.time, x);
  }

  void on_step(const StepView& step) override {
    parts_.probe.observe(step.x1, observables_);
    if (inside_) look(step.t1, step.x1);
    if (options_.on_step) options_.on_step(step, observables_, parts_.weights(step.x1));
  }

 private:
  void look(Real time, const Vector& x) {
    if (!(observables_.proximity < approach_.proximity)) return;
    approach_.proximity = observables_.proximity;
    approach_.time = time;
    approach_.closest = parts_.weights(x);
  }

  FlowAssembly& parts_;
  const ApproachOptions& options_;
  Approach& approach_;
  Observables observables_;
  bool inside_ = false;
};

}  // namespace

Approach follow_to_critical_point(Objective& objective, const Vector& w, const ApproachOptions& options) {
  const WorkCounters before = objective.counters();
  FlowAssembly parts(objective, w, assembly_of(options));
  IntegrationOptions integration;
  integration.t_end = options.t_end;
  integration.end_after_polar = true;
  integration.max_steps = options.max_steps;
  integration.interrupt = options.interrupt;
  Approach approach;
  ApproachObserver observer(parts, options, approach);
  approach.outcome = parts.run(observer, integration);
  approach.weights = parts.weights(approach.outcome.state);
  approach.steps = parts.steps.accepted;
  approach.sampled_decisions = parts.sampled_decisions;
  approach.work = parts.work() - before;
  return approach;
}

}  // namespace saddleflow
