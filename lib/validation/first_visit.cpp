#include "validation/first_visit.hpp"

#include <cmath>

#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/saddle/inactive_neurons.hpp"

namespace saddleflow::claims {

namespace {

// Visits that are looked at for the first critical point: r may fall and rise beside one that is none. By
// judgement.
constexpr int kVisits = 4;
// A tenth of kRestProximity: what is measured is how near the flow comes.
constexpr Real kSteady = Real(1e-10);
// Starts of the search at one point of many: by judgement, ways down with small shares change no verdict.
constexpr Index kStartsOfVisit = 8;
// After the polar chart the time left is that of the saddles, which for p >= 2 grows with 1/delta^{p-1}.
constexpr Real kLongest = Real(1e12);

FlowAssemblyOptions visit_assembly(const Problem& problem, int visits) {
  FlowAssemblyOptions options;
  options.stepper = problem.stepper;
  options.stepping = problem.stepper_options;
  options.events = no_flow_events();
  options.events.saddles = true;
  options.events.visit_at_start = false;
  options.events.saddle_enter = kVisitEnter;
  options.events.saddle_leave = kVisitLeave;
  options.events.saddle_leaves_terminal = visits;
  options.events.steady = options.events.steady_terminal = true;
  options.events.steady_threshold = kSteady;
  return options;
}

class VisitWatcher : public Observer {
 public:
  VisitWatcher(FlowAssembly& parts, Visit& visit) : parts_(parts), visit_(visit) {
    look_at_neurons(parts.weights(parts.start));
  }

  void on_event(const EventHit& hit, const Vector& x, const StateAt& /*dense*/) override {
    const EventKind kind = parts_.events.kind_of(hit.event);
    if (kind == EventKind::saddle_enter) {
      inside_ = true;
      visit_.closest.resize(0);
    }
    if (kind == EventKind::saddle_leave) inside_ = false;
    look(x);
  }
  void on_step(const StepView& step) override { look(step.x1); }

 private:
  void look(const Vector& x) {
    const Vector w = parts_.weights(x);
    look_at_neurons(w);
    if (!inside_) return;
    parts_.probe.observe(x, o_);
    if (visit_.found() && o_.proximity >= visit_.proximity) return;
    visit_.proximity = o_.proximity;
    visit_.closest = w;
    visit_.until_closest = visit_.until_end;
  }
  void look_at_neurons(const Vector& w) {
    const Vector norms = neuron_norms(parts_.objective.network(), w);
    visit_.until_end = visit_.until_end.size() == 0 ? norms : Vector(visit_.until_end.cwiseMax(norms));
  }

  FlowAssembly& parts_;
  Visit& visit_;
  Observables o_;
  bool inside_ = false;
};

Visit follow_to_visit(Problem& problem, FlowAssembly& parts) {
  Visit visit;
  VisitWatcher watcher(parts, visit);
  IntegrationOptions options;
  options.t_end = kLongest;
  options.end_after_polar = true;
  options.max_steps = problem.max_steps;
  options.interrupt = problem.interrupt;
  const Outcome outcome = parts.run(watcher, options);
  if (outcome.stop_reason == Stop::interrupted) throw Interrupted();
  visit.stop_reason = outcome.stop_reason;
  if (outcome.failed()) {
    visit.failure = "flow to a critical point: " + outcome.message;
    visit.closest.resize(0);
  }
  return visit;
}

/// `visit_of` makes the visit of a given number.
template <class VisitOf>
Arrival first_arrival(Problem& problem, VisitOf visit_of) {
  Arrival result;
  for (int number = 1; number <= kVisits; ++number) {
    result.visit = visit_of(number);
    if (!result.visit.found()) break;
    result.point = analysed(problem, result.visit.closest);
    if (result.found()) break;
  }
  return result;
}

}  // namespace

CriticalPoint analysed(Problem& problem, const Vector& w) {
  CriticalPointOptions options;
  options.search.starts = kStartsOfVisit;
  options.search.descend = false;
  options.search.interrupt = problem.interrupt;
  CriticalPoint point = analyse_critical_point(problem.objective, w, options);
  problem.check_interrupt();
  return point;
}

Arrival arrival_from_origin(Problem& problem, const Vector& u0, Real delta) {
  const Arrival arrival = first_arrival(problem, [&](int number) {
    FlowAssembly parts(problem.objective, u0.normalized(), std::log(delta), visit_assembly(problem, number));
    return follow_to_visit(problem, parts);
  });
  if (!arrival.visit.failure.empty()) throw NumericalError(arrival.visit.failure);
  return arrival;
}

Arrival arrival_from(Problem& problem, const Vector& w) {
  return first_arrival(problem, [&](int number) {
    FlowAssembly parts(problem.objective, w, visit_assembly(problem, number));
    return follow_to_visit(problem, parts);
  });
}

}  // namespace saddleflow::claims
