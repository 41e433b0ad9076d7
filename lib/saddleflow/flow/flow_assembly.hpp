// All parts of one gradient flow, in both charts, in one object.
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
#include "saddleflow/flow/vanishing_flow.hpp"
#include "saddleflow/ode/switching/piecewise_stepper.hpp"
#include "saddleflow/problem/correlation.hpp"

namespace saddleflow {

struct FlowAssemblyOptions {
  /// Polar near the origin; never polar; always polar (InputError for a network that is not homogeneous).
  enum class Charts { automatic, cartesian, polar };
  Charts charts = Charts::automatic;
  std::string stepper = stepper_name::automatic;  ///< see make_stepper()
  Real rtol = kUsualTolerance;                    ///< relative tolerance of a step, weight by weight
  /// Stepper options of the Cartesian chart. By default flow_stepping() with `rtol`, and with the loss of the
  /// zero network as the unit of the energy. If given, it replaces `rtol`, `floor` and `dense_limit`.
  std::optional<StepperOptions> stepping;
  std::optional<Real> floor;       ///< ErrorControl::Options::floor; by default the library's own
  std::optional<int> dense_limit;  ///< StepperOptions::dense_limit; by default the library's own
  /// Make exact steps in the polar chart if the flow near the origin is linear (LinearStart) and the network
  /// has at most as many weights as the stepper's dense_limit.
  bool linear_start = true;
  enum class Kinks { follow, ignore, locate };
  /// follow: integrate the inclusion, with sliding, if the gradient has kinks (PiecewiseFlow); this uses the
  /// Cartesian chart unless the charts are `polar`. locate: also end steps on all kinks of higher
  /// derivatives. ignore: integrate over the kinks. If the kinks of a network are not known
  /// (NetworkTraits::has_unknown_kinks()), they are ignored in any case, and follow and locate give a
  /// warning.
  Kinks kink_policy = Kinks::follow;
  /// run() stops with the failure Stop::sampled_decision if too many kinks meet to examine all continuations,
  /// so that one was chosen from a random sample. The path may then differ from the flow. False: run()
  /// continues and counts such decisions.
  bool stop_at_sampled_decisions = true;
  /// run() stops with the failure Stop::balance_drift, energy_drift or loss_rise if a gauge exceeds its
  /// bound. By default the bounds are gauge_bounds() of the tolerance; if kinks are not known, the bound on
  /// the energy is a hundredth of that.
  std::optional<GaugeBounds> bounds;
  FlowEventOptions events;
  /// See Probe: what is recorded of the weights is in these units.
  Vector units = {};
  /// Receives every warning when it is given; all are also kept in FlowAssembly::warnings. May be empty.
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

/// Options without events. If visits are then switched on, only close visits are detected.
FlowEventOptions no_flow_events();

/// Flow, charts, probe, events and steppers of one trajectory. It cannot be copied or moved, because the
/// parts refer to one another. The objective must outlive it.
class FlowAssembly {
 public:
  /// From w(0) = w0. InputError: unknown stepper or quantity of an event.
  FlowAssembly(Objective& objective, const Vector& w0, const FlowAssemblyOptions& options = {});
  /// From e^{log_norm} direction, however small that is. The flow starts in polar coordinates, or in
  /// Cartesian ones if there is no polar chart.
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

  System system() { return vanishing ? vanishing->field() : System(flow); }
  /// If kinks are followed: the changes of the mode at the beginning of the step that has just been made, and
  /// the current mode.
  std::vector<KinkChange> kink_changes(const StepView& step) const;
  ModeSummary mode_summary() const;
  /// Pairs of neuron and sample on whose kink the flow started and that it could have left by either side.
  std::vector<Kink> ambiguous_kinks() const;
  /// The unit in which a rise of the loss is measured.
  LossUnit rise_unit() const { return loss_unit(objective.loss().traits()); }
  bool starts_in_polar() const { return start.size() == polar_flow.state_size(); }
  /// Gradients, products and Hessians of both charts together; those of the objective from its beginning.
  WorkCounters work() const { return objective.counters() + correlation.counters(); }
  /// The weights of a state of either chart.
  Vector weights(const Vector& x) { return probe.weights(x); }
  /// The same in the units of the options.
  Vector recorded_weights(const Vector& x) { return probe.recorded(x); }

  /// The reasons, known before the integration begins, why the path may differ from the flow.
  std::vector<std::string> warnings;
  Objective& objective;
  GradientFlow flow;
  Correlation correlation;
  PolarFlow polar_flow;
  std::unique_ptr<PiecewiseFlow> kinks;  ///< null: nothing to follow
  std::unique_ptr<VanishingFlow>
      vanishing;                      ///< null: no neuron of a population may lose its incoming weights
  std::unique_ptr<PolarChart> polar;  ///< null: the Cartesian chart alone
  std::unique_ptr<Stepper> stepper;
  PiecewiseStepper* switching = nullptr;  ///< the stepper, if kinks are followed
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
  /// Whether weights that decay have collapsed; empty without decay, see CollapseRule.
  std::function<bool(const Vector& x)> collapse_rule() const;
  /// `options` with their stepping; `w`: the initial weights, or their direction.
  FlowAssembly(Objective& objective, const Vector& w, const FlowAssemblyOptions& options,
               const StartIn& start_in);
  SwitchedSystem* switched() const {
    return kinks ? static_cast<SwitchedSystem*>(kinks.get()) : vanishing.get();
  }

  Real rtol_;
  GaugeBounds bounds_;
  bool stop_at_sampled_decisions_;
};

}  // namespace saddleflow
