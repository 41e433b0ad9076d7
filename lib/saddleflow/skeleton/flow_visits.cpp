#include "saddleflow/skeleton/flow_visits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

// A proximity below this is rounding.
constexpr Real kLeastProximity = Real(1e-11);
// The floor of the error control, however small delta: what a number holds.
constexpr Real kSmallestNeuron = Real(1e-300);

/// Every dip counts, across kinks too: each is refined, so that one that is no visit of its own costs a
/// refinement and adds no stop, while two that are taken for one lose a point.
VisitRule dip_rule(const Objective& objective, Real prominence) {
  VisitRule rule = make_visit_rule(objective.network(), objective.loss(), 0, 0, prominence);
  rule.kinked = false;
  return rule;
}

/// The dips of r, with the weights where it is least.
class DipObserver : public Observer {
 public:
  struct Dip {
    FlowDip found;
    Vector weights;
  };

  DipObserver(FlowAssembly& parts, const FlowVisitOptions& options)
      : parts_(parts),
        options_(options),
        // Its outputs are asked for between the steps: the objective of the flow keeps what it has computed.
        outputs_(parts.objective.shared_network(), parts.objective.data(), parts.objective.loss()),
        scan_(dip_rule(parts.objective, options.prominence)),
        nearest_(options.watched.size()) {
    observe(0, parts.start, parts.initial);
  }

  void on_step(const StepView& step) override {
    parts_.probe.observe(step.x1, o_);
    observe(step.t1, step.x1, o_);
  }

  /// A minimum that r has not risen from is where the flow ended. Where the loss is enough the flow is on its
  /// way into a fit: there r tells late.
  void finish(const Vector& x, bool enough) {
    if (!enough && !scan_.under_way()) return;
    if (enough) note(losses_.rows().back().time, x, o_);
    close(enough);
  }

  std::vector<Dip> take_dips() { return std::move(dips_); }
  std::vector<NearestApproach> take_nearest() { return std::move(nearest_); }
  LossCurve take_losses() { return std::move(losses_); }

 private:
  void observe(Real time, const Vector& x, const Observables& o) {
    losses_.add(time, o);
    const std::size_t ended = scan_.ended().size();
    if (scan_.add(std::max(o.proximity, kLeastProximity), o.loss)) note(time, x, o);
    if (scan_.ended().size() > ended) close(false);
    if (!nearest_.empty()) approach(time, x, o);
  }

  void note(Real time, const Vector& x, const Observables& o) {
    last_.found = {FlowDip::Fate::shallow, time, o.loss, o.proximity, {}};
    last_.weights = parts_.weights(x);
  }

  void close(bool enough) {
    last_.found.outputs = outputs_.outputs(last_.weights);
    if (enough || last_.found.proximity < options_.enter) last_.found.fate = FlowDip::Fate::unresolved;
    dips_.push_back(last_);
  }

  void approach(Real time, const Vector& x, const Observables& o) {
    const Matrix outputs = outputs_.outputs(parts_.weights(x));
    for (std::size_t k = 0; k < nearest_.size(); ++k) {
      const Real distance = output_distance(options_.watched[k], outputs);
      if (distance < nearest_[k].outputs) nearest_[k] = {distance, time, o.loss, o.proximity};
    }
  }

  FlowAssembly& parts_;
  const FlowVisitOptions& options_;
  Objective outputs_;
  VisitScan scan_;
  LossCurve losses_;
  std::vector<NearestApproach> nearest_;
  Observables o_;
  Dip last_;
  std::vector<Dip> dips_;
};

FlowAssemblyOptions flow_options(Real log_delta, const FlowVisitOptions& options) {
  FlowAssemblyOptions assembly;
  assembly.charts = options.charts;
  assembly.stepper = options.stepper;
  assembly.rtol = options.rtol;
  // The smallest neurons are to be resolved, down to what a number holds.
  assembly.floor = std::clamp(std::exp(2 * log_delta), kSmallestNeuron, ErrorControl::Options().floor);
  assembly.events = no_flow_events();
  if (options.loss > 0)
    assembly.events.levels.push_back(
        {.quantity = "loss", .value = options.loss, .direction = Direction::falling, .terminal = true});
  return assembly;
}

/// The dips in which r has come near, to the points that are there.
void analyse_visits(Objective& objective, std::vector<DipObserver::Dip>& dips,
                    const FlowVisitOptions& options, FlowVisits& result) {
  for (DipObserver::Dip& dip : dips) {
    if (dip.found.fate == FlowDip::Fate::shallow) continue;
    CriticalPoint point = analyse_critical_point(objective, dip.weights, options.analysis);
    result.work = result.work + point.work;
    if (!point.is_critical()) {
      ++result.unresolved;
      continue;
    }
    dip.found.fate = FlowDip::Fate::resolved;
    SaddleStop stop;
    stop.loss = point.refinement.loss;
    stop.outputs = objective.outputs(point.basis.leave(objective.network(), point.point()));
    stop.active_neurons = point.active_neurons;
    std::vector<SaddleStop>& stops = result.sequence.stops;
    if (!stops.empty() && (stops.back().outputs - stop.outputs).norm() <= kSameOutputs * stop.outputs.norm())
      continue;
    stops.push_back(std::move(stop));
    result.points.push_back(std::move(point));
  }
}

/// When: half of the fall of the loss to each stop.
void set_times(const Network& network, Real log_delta, Real loss_at_origin, FlowVisits& result) {
  const int degree = network.degree(), later_degree = later_degree_of(network);
  Real loss = loss_at_origin, first = 0;
  for (SaddleStop& stop : result.sequence.stops) {
    const Real time = result.losses.time_of((loss + stop.loss) / 2);
    stop.time = slow_time_of(degree, time, log_delta);
    if (&stop == &result.sequence.stops.front())
      first = time;
    else if (later_degree != degree)
      stop.after = slow_time_of(later_degree, time - first, log_delta);
    loss = stop.loss;
  }
}

}  // namespace

FlowVisits visits_of_flow(Objective& objective, const Vector& direction, Real log_delta,
                          const FlowVisitOptions& options) {
  if (direction.size() != objective.size() || !direction.allFinite() || direction.isZero(0))
    throw InputError(
        fmt::format("flow: expected a direction of {} finite numbers, not all zero", objective.size()));
  const int degree = objective.network().degree();
  const WorkCounters before = objective.counters();
  FlowVisits result;
  result.sequence.name = fmt::format("flow {:g}", static_cast<double>(std::exp(log_delta)));
  const Real loss_at_origin = objective.loss_at_origin();
  FlowAssembly parts(objective, direction.stableNormalized(), log_delta, flow_options(log_delta, options));
  DipObserver observer(parts, options);
  IntegrationOptions integration;
  integration.t_end = flow_time_of(degree, options.slow_time, log_delta);
  integration.max_steps = options.max_steps;
  integration.interrupt = options.interrupt;
  const Outcome outcome = parts.run(observer, integration);
  observer.finish(outcome.state, outcome.stop_reason.is_event(EventKind::level));
  result.stop_reason = outcome.stop_reason;
  result.message = outcome.message;
  result.slow_time = slow_time_of(degree, outcome.time, log_delta);
  result.loss = parts.probe.loss(outcome.state);
  result.steps = parts.steps.accepted;
  result.work = parts.work() - before;
  objective.clear_mode();
  result.losses = observer.take_losses();
  result.nearest = observer.take_nearest();
  std::vector<DipObserver::Dip> dips = observer.take_dips();
  if (outcome.stop_reason != Stop::interrupted) analyse_visits(objective, dips, options, result);
  for (DipObserver::Dip& dip : dips) result.dips.push_back(std::move(dip.found));
  set_times(objective.network(), log_delta, loss_at_origin, result);
  return result;
}

}  // namespace saddleflow
