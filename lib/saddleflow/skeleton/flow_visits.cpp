#include "saddleflow/skeleton/flow_visits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

// Halvings of a step in which a level is crossed: 2^-60 of it is rounding of the time.
constexpr int kCrossingSteps = 60;
// A proximity below this is rounding.
constexpr Real kLeastProximity = Real(1e-11);
// The floor of the error control, however small delta: what a number holds.
constexpr Real kSmallestNeuron = Real(1e-300);

/// The loss along the flow, with its slope -||grad L||^2.
struct LossSample {
  Real time = 0, loss = 0, slope = 0;
};

/// Where the cubic through two samples passes the level.
Real cubic_crossing(const LossSample& a, const LossSample& b, Real level) {
  const Real h = b.time - a.time;
  const auto at = [&](Real u) {
    const Real v = 1 - u;
    return v * v * ((1 + 2 * u) * a.loss + u * h * a.slope) +
           u * u * ((1 + 2 * v) * b.loss - v * h * b.slope);
  };
  Real low = 0, high = 1;
  for (int k = 0; k < kCrossingSteps; ++k) {
    const Real middle = (low + high) / 2;
    (at(middle) > level ? low : high) = middle;
  }
  return a.time + high * h;
}

/// A visit is a minimum of the proximity r, below `enter`, that r falls to and rises from by a factor:
/// between two saddles of similar residual r need not leave any fixed threshold.
class VisitObserver : public Observer {
 public:
  VisitObserver(FlowAssembly& parts, const FlowVisitOptions& options) : parts_(parts), options_(options) {
    samples_.push_back(sample(0, parts.initial));
    extreme_ = std::log(parts.initial.proximity);
  }

  void on_step(const StepView& step) override {
    parts_.probe.observe(step.x1, o_);
    samples_.push_back(sample(step.t1, o_));
    follow(std::log(std::max(o_.proximity, kLeastProximity)), step.x1);
  }

  /// A minimum that r has not risen from is where the flow ended. Where the loss is enough the flow is on its
  /// way into a fit: there r tells late.
  void finish(const Vector& x, bool enough) {
    if (enough)
      closest.push_back(parts_.weights(x));
    else if (falling_)
      close();
  }

  /// When the loss first was below.
  Real time_of(Real level) const {
    for (std::size_t k = 1; k < samples_.size(); ++k)
      if (samples_[k].loss <= level) return cubic_crossing(samples_[k - 1], samples_[k], level);
    return std::numeric_limits<Real>::quiet_NaN();
  }

  std::vector<Vector> closest;  ///< weights at the closest approach of each visit

 private:
  static LossSample sample(Real time, const Observables& o) {
    return {time, o.loss, -o.gradient_norm * o.gradient_norm};
  }

  /// Turning points of ln r: `extreme_` is the last maximum where r rises, the last minimum where it falls.
  void follow(Real log_r, const Vector& x) {
    const Real turn = std::log(options_.factor);
    if (falling_ && log_r > extreme_ + turn) {
      close();
      falling_ = false;
      extreme_ = log_r;
    } else if (!falling_ && log_r < extreme_ - turn) {
      falling_ = true;
      extreme_ = std::numeric_limits<Real>::infinity();
    }
    if (falling_ && log_r < extreme_) weights_ = parts_.weights(x);
    extreme_ = falling_ ? std::min(extreme_, log_r) : std::max(extreme_, log_r);
  }

  void close() {
    if (extreme_ < std::log(options_.enter)) closest.push_back(weights_);
  }

  FlowAssembly& parts_;
  const FlowVisitOptions& options_;
  std::vector<LossSample> samples_;
  Observables o_;
  Vector weights_;
  Real extreme_ = 0;
  bool falling_ = false;
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

void analyse_visits(Objective& objective, const VisitObserver& observer, const FlowVisitOptions& options,
                    FlowVisits& result) {
  for (const Vector& w : observer.closest) {
    CriticalPoint point = analyse_critical_point(objective, w, options.analysis);
    result.work = result.work + point.work;
    if (!point.is_critical()) {
      ++result.unresolved;
      continue;
    }
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
  VisitObserver observer(parts, options);
  IntegrationOptions integration;
  integration.t_end = flow_time_of(degree, options.slow_time, log_delta);
  integration.max_steps = options.max_steps;
  integration.interrupt = options.interrupt;
  const Outcome outcome = parts.run(observer, integration);
  if (outcome.failed()) throw NumericalError(result.sequence.name + ": " + outcome.message);
  observer.finish(outcome.state, outcome.stop_reason.is_event(EventKind::level));
  result.stop_reason = outcome.stop_reason;
  result.slow_time = slow_time_of(degree, outcome.time, log_delta);
  result.loss = parts.probe.loss(outcome.state);
  result.steps = parts.steps.accepted;
  result.work = parts.work() - before;
  objective.clear_mode();
  if (outcome.stop_reason != Stop::interrupted) analyse_visits(objective, observer, options, result);
  const int later_degree = later_degree_of(objective.network());
  Real loss = loss_at_origin, first = 0;
  for (SaddleStop& stop : result.sequence.stops) {
    const Real time = observer.time_of((loss + stop.loss) / 2);
    stop.time = slow_time_of(degree, time, log_delta);
    if (&stop == &result.sequence.stops.front())
      first = time;
    else if (later_degree != degree)
      stop.after = slow_time_of(later_degree, time - first, log_delta);
    loss = stop.loss;
  }
  return result;
}

}  // namespace saddleflow
