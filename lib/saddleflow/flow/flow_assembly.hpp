// The parts of one gradient flow in both charts, wired together.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/base/warning.hpp"
#include "saddleflow/flow/flow_events.hpp"
#include "saddleflow/flow/gauges.hpp"
#include "saddleflow/flow/gradient_flow.hpp"
#include "saddleflow/flow/integration.hpp"
#include "saddleflow/flow/kink_change.hpp"
#include "saddleflow/flow/piecewise_flow.hpp"
#include "saddleflow/flow/polar_chart.hpp"
#include "saddleflow/flow/probe.hpp"
#include "saddleflow/ode/switching/piecewise_stepper.hpp"
#include "saddleflow/problem/correlation.hpp"

namespace saddleflow {

struct FlowAssemblyOptions {
  enum class Charts { automatic, cartesian, polar };  ///< near the origin polar; never; always
  Charts charts = Charts::automatic;
  std::string stepper = stepper_name::automatic;  ///< see make_stepper()
  Real rtol = kUsualTolerance;                    ///< relative tolerance of a step, weight by weight
  /// Of the Cartesian chart. By default flow_stepping() with `rtol` and the loss of the zero network as the
  /// unit of the energy; given, it stands instead of `rtol`, `floor` and `dense_limit`.
  std::optional<StepperOptions> stepping;
  std::optional<Real> floor;       ///< ErrorControl::Options::floor; by default the library's own
  std::optional<int> dense_limit;  ///< StepperOptions::dense_limit; by default the library's own
  /// Exact steps in the polar chart where the flow near the origin is linear (LinearStart), of networks with
  /// at most as many weights as the stepper's dense_limit.
  bool linear_start = true;
  enum class Kinks { follow, ignore, locate };
  /// follow: those of networks that have some in their gradient, with sliding (PiecewiseFlow), in the
  /// Cartesian chart unless that chart is not wanted at all; locate: also where only a higher derivative
  /// jumps. Of a network whose kinks are not known (NetworkTraits::has_unknown_kinks()) only "ignore" is as
  /// good as what it says: the others warn.
  Kinks kink_policy = Kinks::follow;
  /// run() stops with Stop::sampled_decision, a failure, where so many kinks meet that only a random sample
  /// of the ways to go on was looked at: the path is then not known to be that of the flow. False: it goes on
  /// and counts.
  bool stop_at_sampled_decisions = true;
  /// run() stops with the failure Stop::balance_drift, energy_drift or loss_rise where a gauge is beyond its
  /// bound; by default gauge_bounds() of the tolerance, where kinks are not known a hundredth of its energy.
  std::optional<GaugeBounds> bounds;
  FlowEventOptions events;
  /// Told of every warning when it is made; they stay in FlowAssembly::warnings. Empty: nobody is told.
  WarningHandler on_warning = warn_on_stderr;
};

template <>
inline constexpr auto enum_table<FlowAssemblyOptions::Charts> =
    named_enum<FlowAssemblyOptions::Charts>("charts", {{FlowAssemblyOptions::Charts::automatic, "auto"},
                                                       {FlowAssemblyOptions::Charts::cartesian, "cartesian"},
                                                       {FlowAssemblyOptions::Charts::polar, "polar"}});

template <>
inline constexpr auto enum_table<FlowAssemblyOptions::Kinks> = named_enum<FlowAssemblyOptions::Kinks>(
    "policy for kinks", {{FlowAssemblyOptions::Kinks::follow, "auto"},
                         {FlowAssemblyOptions::Kinks::ignore, "ignore"},
                         {FlowAssemblyOptions::Kinks::locate, "locate"}});

/// No events at all, and where visits are then asked for, close ones only.
FlowEventOptions no_flow_events();

/// Flow, charts, probe, events and steppers from one start; neither copied nor moved, since the parts refer
/// to one another. The objective must outlive it.
class FlowAssembly {
 public:
  /// From w(0) = w0. InputError: unknown stepper or quantity of an event.
  FlowAssembly(Objective& objective, const Vector& w0, const FlowAssemblyOptions& options = {});
  /// From e^{log_norm} direction, in polar coordinates, however small; in Cartesian ones where there is no
  /// such chart.
  FlowAssembly(Objective& objective, const Vector& direction, Real log_norm,
               const FlowAssemblyOptions& options = {});
  FlowAssembly(const FlowAssembly&) = delete;
  FlowAssembly& operator=(const FlowAssembly&) = delete;

  /// Options of an Integration, with the polar chart in them.
  IntegrationOptions integration_options() const;
  /// Starts `integration`, made with these options of this system, stepper and detector.
  void begin(Integration& integration);
  /// An integration of these parts from their start to its end.
  Outcome run(Observer& observer, IntegrationOptions options);

  System system() { return System(flow); }
  /// Where kinks are followed: what happened to the mode at the beginning of a step that has just been taken,
  /// and the mode now.
  std::vector<KinkChange> kink_changes(const StepView& step) const;
  ModeSummary mode_summary() const;
  /// Pairs of neuron and sample on whose kink the flow started and that it could have left by either side.
  std::vector<Kink> ambiguous_kinks() const;
  /// Of the gauge of rises.
  LossUnit rise_unit() const { return loss_unit(objective.loss().traits()); }
  bool starts_in_polar() const { return start.size() == polar_flow.state_size(); }
  /// Gradients, products and Hessians of both charts together; those of the objective from its beginning.
  WorkCounters work() const { return objective.counters() + correlation.counters(); }
  /// The weights of a state of either chart.
  Vector weights(const Vector& x) { return probe.weights(x); }

  /// Why the path may not be that of the flow, as known before it begins.
  std::vector<std::string> warnings;
  Objective& objective;
  GradientFlow flow;
  Correlation correlation;
  PolarFlow polar_flow;
  std::unique_ptr<PiecewiseFlow> kinks;  ///< null: nothing to follow
  std::unique_ptr<PolarChart> polar;     ///< null: the Cartesian chart alone
  std::unique_ptr<Stepper> stepper;
  PiecewiseStepper* switching = nullptr;  ///< the stepper, where kinks are followed
  Vector start;                           ///< in its chart
  Probe probe;
  Observables initial;
  FlowEvents events;
  EventDetector detector;
  // Of the last run().
  StepCounters steps;
  std::int64_t sampled_decisions = 0;  ///< steps that began with one, see FlowAssemblyOptions
  Gauges gauges;

 private:
  using StartIn = std::function<Vector(PolarFlow& origin, PolarChart* chart)>;
  /// `options` with their stepping.
  FlowAssembly(Objective& objective, const FlowAssemblyOptions& options, const StartIn& start_in);

  Real rtol_;
  GaugeBounds bounds_;
  bool stop_at_sampled_decisions_;
};

}  // namespace saddleflow
