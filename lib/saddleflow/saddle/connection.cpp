#include "saddleflow/saddle/connection.hpp"

#include <limits>
#include <string>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/integrate/flow_assembly.hpp"
#include "saddleflow/integrate/flow_stepping.hpp"

namespace saddleflow {

namespace {

FlowAssemblyOptions assembly(const Objective& objective, Real energy_unit, const ConnectionOptions& options) {
  FlowAssemblyOptions assembly;
  assembly.stepping = flow_stepping(objective.network(), options.rtol, energy_unit);
  assembly.events = no_flow_events();
  assembly.events.saddles = true;
  assembly.events.saddle_enter = options.enter;
  assembly.events.saddle_leave = options.leave;
  assembly.events.saddle_leaves_terminal = 1;
  assembly.events.visit_at_start = false;
  assembly.events.steady = assembly.events.steady_terminal = true;
  assembly.events.steady_threshold = options.steady;
  return assembly;
}

/// Remembers the weights at the smallest proximity since the start was left.
class ClosestApproach : public Observer {
 public:
  explicit ClosestApproach(FlowAssembly& parts) : parts_(parts) {}

  void on_event(const EventHit& hit, const Vector& x, const StateAt& /*dense*/) override {
    if (parts_.events.kind_of(hit.event) == EventKind::saddle_enter) inside_ = true;
    if (inside_) look(hit.time, x);
  }
  void on_step(const StepView& step) override {
    if (inside_) look(step.t1, step.x1);
  }

  bool found() const { return weights.size() > 0; }
  Vector weights;
  Real time = 0, proximity = std::numeric_limits<Real>::infinity();

 private:
  void look(Real t, const Vector& x) {
    parts_.probe.observe(x, o_);
    if (o_.proximity >= proximity) return;
    proximity = o_.proximity;
    time = t;
    weights = parts_.weights(x);
  }

  FlowAssembly& parts_;
  Observables o_;
  bool inside_ = false;
};

}  // namespace

Connection follow_escape(Objective& objective, const CriticalPoint& from, const EscapeDirection& way,
                         int sign, const ConnectionOptions& options) {
  const Real unit = from.point().isZero(0) ? Real(1) : from.point().norm();
  const Vector start = from.point() + (sign * options.displacement * unit) * way.direction;
  const WorkCounters before = objective.counters();
  const Real energy_unit = Correlation(objective).loss_at_origin();
  FlowAssembly parts(objective, start, assembly(objective, energy_unit, options));
  ClosestApproach observer(parts);
  IntegrationOptions integration;
  integration.t_end = options.t_end;
  integration.end_after_polar = true;
  integration.max_steps = options.max_steps;
  integration.interrupt = options.interrupt;
  const Outcome outcome = parts.run(observer, integration);
  const bool not_certain = parts.sampled_decisions > 0;
  if (outcome.failed() && !not_certain) throw NumericalError("unstable manifold: " + outcome.message);
  Connection result;
  result.stop_reason = outcome.stop_reason;
  result.work = parts.work() - before;
  if (!observer.found() || not_certain) return result;
  result.time = observer.time;
  result.closest = observer.proximity;
  result.end = analyse_critical_point(objective, observer.weights, options.analysis);
  result.work = result.work + result.end.work;
  result.arrived = result.end.is_critical();
  return result;
}

}  // namespace saddleflow
