#include "saddleflow/flow/flow_assembly.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/flow/collapse.hpp"
#include "saddleflow/flow/flow_stepping.hpp"
#include "saddleflow/flow/kink_check.hpp"
#include "saddleflow/flow/linear_start.hpp"
#include "saddleflow/network/means_network.hpp"
#include "saddleflow/ode/stepper/registry.hpp"

namespace saddleflow {

namespace {

std::unique_ptr<PiecewiseFlow> make_kinks(const FlowAssemblyOptions& options, GradientFlow& flow) {
  using Kinks = FlowAssemblyOptions::Kinks;
  const Network& network = flow.objective().network();
  const bool wanted = options.kink_policy == Kinks::locate ? PiecewiseFlow::can_locate(network)
                                                           : PiecewiseFlow::applies_to(network);
  if (!wanted || options.kink_policy == Kinks::ignore || options.charts == FlowAssemblyOptions::Charts::polar)
    return nullptr;
  return std::make_unique<PiecewiseFlow>(flow);
}

// Sliding slopes amplify errors by the inverse of what they multiply, and modes follow from signs: a margin
// that costs little, as kinks bound the steps anyway.
constexpr Real kKinkMargin = Real(0.1);
// "locate" where no mode is kept: kinks that make this part of the error of a step are located. Smaller ones
// count for nothing until there are a hundred of them, and would cost a step each.
constexpr Real kAlways = Real(1e-2);

// Of the kinks of a higher derivative, where they are not ignored.
template <class Chart, class Flow>
std::shared_ptr<StepCheck> make_check(const FlowAssemblyOptions& options, Flow& flow) {
  auto chart = std::make_unique<Chart>(flow);
  if (options.kink_policy == FlowAssemblyOptions::Kinks::ignore || !KinkCheck::applies_to(chart->network()) ||
      !chart->has_state())
    return nullptr;
  KinkCheck::Options check;
  if (options.kink_policy == FlowAssemblyOptions::Kinks::locate) check.tolerance = kAlways;
  return std::make_shared<KinkCheck>(std::move(chart), check);
}

// How far weights may be from the surface on which they slide: normals of later layers are compared with one
// another, and are known as well as that.
constexpr Real kMostDrift = Real(1e-10);
// And this part of the tolerance of a step, so that the drift is none of its error.
constexpr Real kDriftOfStep = Real(0.01);
// A projection onto kinks takes away the error of a step, some times the tolerance where errors of many steps
// have been allowed to add up, and at tight tolerances what a root was located to.
constexpr Real kProjection = 1000, kLeastProjection = Real(1e-9);

std::unique_ptr<Stepper> make_flow_stepper(const FlowAssemblyOptions& options, GradientFlow& flow,
                                           SwitchedSystem* switched) {
  if (switched == nullptr) {
    StepperOptions stepping = *options.stepping;
    if (!flow.objective().decay().empty()) stepping.growth.degree = 0;  // the law of growth is another one
    stepping.check = make_check<CartesianKinkChart>(options, flow);
    return make_stepper(options.stepper, stepping);
  }
  StepperOptions stepping = *options.stepping;
  stepping.growth.degree = 0;  // by a law of growth the dense output is no polynomial
  stepping.error.rtol *= kKinkMargin;
  PiecewiseStepper::Options switching;
  switching.drift = std::min(kDriftOfStep * stepping.error.rtol, kMostDrift);
  switching.projection = std::max(kLeastProjection, kProjection * stepping.error.rtol);
  return std::make_unique<PiecewiseStepper>(*switched, make_stepper(options.stepper, stepping), switching);
}

// Of a start that may come to a neuron without incoming weights, where kinks are followed.
std::unique_ptr<VanishingFlow> make_vanishing(const FlowAssemblyOptions& options, GradientFlow& flow,
                                              const Vector& w) {
  const Objective& objective = flow.objective();
  if (!VanishingFlow::applies_to(objective.network()) ||
      options.kink_policy == FlowAssemblyOptions::Kinks::ignore ||
      options.charts == FlowAssemblyOptions::Charts::polar || !VanishingFlow::may_vanish(objective, w))
    return nullptr;
  return std::make_unique<VanishingFlow>(flow, options.stepping->error.rtol);
}

// The exact steps need a Hessian: as large networks as have one for the stiff method, too.
bool has_linear_start(const FlowAssemblyOptions& options, const Network& network) {
  return options.linear_start && QuadraticForm::applies_to(network) &&
         network.parameter_count() <= options.stepping->dense_limit;
}

// In the time of the polar chart a decay would be as fast as rho^{2-D}.
bool decays(const FlowAssemblyOptions& options, const Objective& objective) {
  if (objective.decay().empty()) return false;
  if (options.charts == FlowAssemblyOptions::Charts::polar)
    throw InputError("flow.chart: found \"polar\" with flow.decay, expected \"auto\" or \"cartesian\"");
  return true;
}

std::unique_ptr<PolarChart> make_polar(const Objective& objective, const FlowAssemblyOptions& options,
                                       bool cartesian, PolarFlow& flow) {
  if (options.charts == FlowAssemblyOptions::Charts::cartesian || cartesian) return nullptr;
  if (!flow.correlation().network().traits().homogeneous) {
    if (options.charts == FlowAssemblyOptions::Charts::polar)
      require_homogeneous(flow.correlation().network(), "polar chart");
    return nullptr;
  }
  // Of degree 1 the origin is no rest point but one like any other: weights pass through it in finite time,
  // where they have no direction.
  if (flow.correlation().network().degree() < 2) return nullptr;
  PolarChart::Options chart;
  chart.always = options.charts == FlowAssemblyOptions::Charts::polar;
  chart.rtol = options.stepping->error.rtol;
  StepperOptions stepping = PolarChart::stepper_options(*options.stepping, flow);
  separate_lone_inputs(objective, stepping.groups);
  stepping.check = make_check<PolarKinkChart>(options, flow);
  // The Jacobian in this chart is not symmetric.
  const bool by_products = stepper_entry(options.stepper).by_products;
  std::unique_ptr<Stepper> stepper =
      make_stepper(by_products ? stepper_name::automatic : options.stepper, stepping);
  if (has_linear_start(options, flow.correlation().network()))
    stepper = std::make_unique<LinearStart>(flow, std::move(stepper), stepping.error.rtol);
  return std::make_unique<PolarChart>(flow, std::move(stepper), chart);
}

/// Whether kinks that nobody knows may be in the way, and nobody has asked to ignore them.
bool is_blind(const FlowAssemblyOptions& options, const Network& network) {
  return options.kink_policy != FlowAssemblyOptions::Kinks::ignore && network.traits().has_unknown_kinks();
}

std::vector<std::string> warnings_of(const FlowAssemblyOptions& options, const Network& network) {
  if (!is_blind(options, network)) return {};
  return {fmt::format(
      "{}: the gradient jumps at kinks that the network does not show (trait pre_activations): they cannot "
      "be followed, and the path is that of the flow only while it stays off them; its gauges stop a run "
      "that "
      "they find off (balance_drift, energy_drift, loss_rise)",
      network.kind())};
}

// Where a balance holds outgoing weights above incoming ones to rounding, they vanish together.
constexpr Real kEqualNorms = 1 + Real(1e-6);

/// Of outputs that are means, whose one kink is a neuron without incoming weights: those of a neuron that
/// shrinks come to zero in finite time where its outgoing ones are larger.
std::vector<std::string> warnings_at(const Network& network, const Vector& w) {
  if (!VanishingFlow::applies_to(network)) return {};
  std::vector<Index> larger;
  for (std::size_t k = 0; k < network.neurons().size(); ++k) {
    const Neuron& neuron = network.neurons()[k];
    if (w(neuron.outgoing).stableNorm() > kEqualNorms * w(neuron.incoming).stableNorm())
      larger.push_back(static_cast<Index>(k) + 1);
  }
  if (larger.empty()) return {};
  return {fmt::format(
      "{}: neurons {} start with outgoing weights larger than the incoming ones: if such a "
      "neuron shrinks, its incoming "
      "weights vanish in finite time, at a kink that is not followed with flow.kinks = \"ignore\" "
      "or in the polar chart: the steps become tiny there. Balanced starts do not come to it.",
      network.kind(), fmt::join(larger, ", "))};
}

/// With the stepper options that it leaves to the library.
FlowAssemblyOptions completed(FlowAssemblyOptions options, const Objective& objective) {
  if (!options.stepping) {
    StepperOptions& stepping = options.stepping.emplace(
        flow_stepping(objective.network(), options.rtol, objective.loss_at_origin()));
    if (options.floor) stepping.error.floor = *options.floor;
    if (options.dense_limit) stepping.dense_limit = *options.dense_limit;
    // Along a kink that nobody knows an error is always a good part of the way: steps of 1e-13, of which none
    // is far enough off for a gauge to tell.
    if (is_blind(options, objective.network())) stepping.error.displacement = 0;
  }
  separate_lone_inputs(objective, options.stepping->groups);
  return options;
}

// A step over a kink errs by no more than its tolerance, but along one the steps go to and fro at a velocity
// that is not the flow's: the energy tells, by a little a step. What a smooth path makes of a tolerance is
// less than this.
constexpr Real kBlindStepsToPath = 100;

/// The energy is integrated to the tolerance in units of the stepper's energy unit; the gauge has it in units
/// of the loss at the start, which is less beside a saddle.
GaugeBounds bounds_for(const FlowAssemblyOptions& options, const Network& network, Real first_loss) {
  if (options.bounds) return *options.bounds;
  const StepperOptions& stepping = *options.stepping;
  GaugeBounds bounds = gauge_bounds(stepping.error.rtol);
  if (is_blind(options, network))
    bounds.energy = std::min(bounds.energy, kBlindStepsToPath * stepping.error.rtol);
  if (first_loss > 0) bounds.energy *= std::max(Real(1), stepping.error.quadrature_scale / first_loss);
  return bounds;
}

Observables observed(Probe& probe, const Vector& x) {
  Observables observables;
  probe.observe(x, observables, Real(0));
  return observables;
}

/// Passes everything on, and stops where the path is not, or may not be, that of the flow.
class PathWatcher : public Observer {
 public:
  PathWatcher(Observer& observer, FlowAssembly& parts, const GaugeBounds& bounds, bool stop_at_samples)
      : observer_(observer),
        parts_(parts),
        bounds_(bounds),
        stop_at_samples_(stop_at_samples),
        last_loss_(parts.initial.loss) {}
  void on_event(const EventHit& hit, const Vector& x, const StateAt& dense) override {
    observer_.on_event(hit, x, dense);
  }
  void on_step(const StepView& step) override {
    observer_.on_step(step);
    parts_.probe.observe(step.x1, now_, step.t1);
    parts_.gauges.add(now_, last_loss_, parts_.initial.loss, parts_.rise_unit());
    last_loss_ = now_.loss;
    require_within(parts_.gauges, bounds_, step.t1, parts_.rise_unit());
    watch_decisions(step);
  }

 private:
  void watch_decisions(const StepView& step) {
    if (parts_.switching == nullptr || !parts_.switching->sampled()) return;
    ++parts_.sampled_decisions;
    if (stop_at_samples_)
      throw StepFailure(Stop::sampled_decision,
                        fmt::format("at t = {} so many kinks met that only a random sample of the ways to "
                                    "go on was looked at",
                                    static_cast<double>(step.t0)));
  }

  Observer& observer_;
  FlowAssembly& parts_;
  GaugeBounds bounds_;
  bool stop_at_samples_;
  Real last_loss_;
  Observables now_;
};

}  // namespace

FlowEventOptions no_flow_events() {
  FlowEventOptions options;
  options.escape.clear();
  options.saddles = options.steady = false;
  options.saddle_prominence = 0;
  return options;
}

FlowAssembly::FlowAssembly(Objective& of, const Vector& w0, const FlowAssemblyOptions& options)
    : FlowAssembly(of, w0, completed(options, of), [&w0](PolarFlow& origin, PolarChart* chart) {
        Vector x0 = GradientFlow::initial_state(w0);
        return chart && chart->suits(x0) ? origin.enter(x0) : x0;
      }) {}

FlowAssembly::FlowAssembly(Objective& of, const Vector& direction, Real log_norm,
                           const FlowAssemblyOptions& options)
    : FlowAssembly(of, direction, completed(options, of),
                   [&direction, log_norm](PolarFlow& origin, PolarChart* chart) {
                     // Where kinks are followed there is no polar chart, nor of degree 1, nor where a layer
                     // is zero.
                     if (chart == nullptr || !origin.covers(GradientFlow::initial_state(direction)))
                       return GradientFlow::initial_state(std::exp(log_norm) * direction);
                     return origin.enter(direction, log_norm, 0);
                   }) {}

FlowAssembly::FlowAssembly(Objective& of, const Vector& w, const FlowAssemblyOptions& options,
                           const StartIn& start_in)
    : warnings(warnings_of(options, of.network())),
      objective(of),
      flow(of),
      correlation(of),
      polar_flow(correlation, correlation.loss_at_origin()),
      kinks(make_kinks(options, flow)),
      vanishing(make_vanishing(options, flow, w)),
      polar(make_polar(of, options, decays(options, of) || switched() != nullptr, polar_flow)),
      stepper(make_flow_stepper(options, flow, switched())),
      switching(dynamic_cast<PiecewiseStepper*>(stepper.get())),
      start(start_in(polar_flow, polar.get())),
      probe(flow, start, &polar_flow, options.units),
      initial(observed(probe, start)),
      events(make_flow_events(options.events, probe, initial)),
      detector(events.events),
      rtol_(options.stepping->error.rtol),
      bounds_(bounds_for(options, of.network(), initial.loss)),
      stop_at_sampled_decisions_(options.stop_at_sampled_decisions) {
  if (vanishing == nullptr)
    for (std::string& warning : warnings_at(of.network(), w)) warnings.push_back(std::move(warning));
  if (!options.on_warning) return;
  for (const std::string& warning : warnings) options.on_warning(warning);
}

IntegrationOptions FlowAssembly::integration_options() const {
  IntegrationOptions options;
  options.polar = polar.get();
  options.collapsed = collapse_rule();
  return options;
}

std::function<bool(const Vector& x)> FlowAssembly::collapse_rule() const {
  if (!CollapseRule::applies_to(objective)) return {};
  return [this, rule = CollapseRule(objective)](const Vector& x) mutable {
    return rule(x.head(objective.size()));
  };
}

std::vector<KinkChange> FlowAssembly::kink_changes(const StepView& step) const {
  std::vector<KinkChange> changes;
  if (switching == nullptr) return changes;
  const Real phase = step.phase_time - step.step_size;
  if (vanishing != nullptr) {
    const auto add = [&](Index k, ModeChangeKind kind, Side side) {
      const Neuron& neuron = objective.network().neurons()[static_cast<std::size_t>(k)];
      changes.push_back(
          {step.t0, neuron.layer, neuron.index, -1, kind, flag_of(side), phase, std::log(step.t0), 0});
    };
    for (const ModeChange& change : switching->changes()) add(change.index, change.kind, change.side);
    for (const Index k : vanishing->take_passed()) add(k, ModeChangeKind::cross, Side::above);
    for (const Index k : switching->branching()) add(k, ModeChangeKind::branch, switching->mode().side(k));
    return changes;
  }
  const OuterLayer& outer = *objective.outer_layer();
  const auto add = [&](Index switch_number, ModeChangeKind kind, Side side) {
    const Kink kink = kinks->index().kink(switch_number);
    changes.push_back({step.t0, kink.layer, kink.neuron, outer.sample_of(kink.sample), kind, flag_of(side),
                       phase, std::log(step.t0), outer.patch_of(kink.sample)});
  };
  for (const ModeChange& change : switching->changes()) add(change.index, change.kind, change.side);
  for (const Index k : switching->branching()) add(k, ModeChangeKind::branch, switching->mode().side(k));
  return changes;
}

ModeSummary FlowAssembly::mode_summary() const {
  if (switching == nullptr) return {};
  if (vanishing != nullptr) {
    const Index held = std::ssize(switching->mode().sliding);
    return {held, held};
  }
  const bool relu = objective.network().activation().slope() == 0;
  return {static_cast<Index>(switching->mode().sliding.size()), relu ? kinks->neurons_below() : 0};
}

std::vector<Kink> FlowAssembly::ambiguous_kinks() const {
  std::vector<Kink> ambiguous;
  if (kinks != nullptr)
    for (const Index k : switching->ambiguous()) ambiguous.push_back(kinks->index().kink(k));
  return ambiguous;
}

void FlowAssembly::begin(Integration& integration) {
  integration.start(start, starts_in_polar() ? Real(0) : first_step(system(), start, rtol_));
}

Outcome FlowAssembly::run(Observer& observer, IntegrationOptions options) {
  options.polar = polar.get();
  options.collapsed = collapse_rule();
  Integration integration(system(), *stepper, detector, std::move(options));
  begin(integration);
  sampled_decisions = 0;
  gauges = {};
  PathWatcher watcher(observer, *this, bounds_, stop_at_sampled_decisions_);
  Outcome outcome = integration.run(watcher);
  steps = integration.counters();
  return outcome;
}

}  // namespace saddleflow
