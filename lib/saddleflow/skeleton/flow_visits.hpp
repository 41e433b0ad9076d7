// The critical points that the flow from a small start visits.
#pragma once

#include <atomic>
#include <limits>
#include <string>
#include <vector>

#include "saddleflow/base/stop_reason.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/flow/visit_rule.hpp"
#include "saddleflow/skeleton/comparison.hpp"
#include "saddleflow/skeleton/loss_curve.hpp"

namespace saddleflow {

struct FlowVisitOptions {
  Real slow_time = 0;  ///< end, see flow_time_of()
  Real loss = 0;       ///< or where the loss has fallen to this
  Real rtol = kUsualTolerance;
  std::string stepper = stepper_name::automatic;
  FlowAssemblyOptions::Charts charts = FlowAssemblyOptions::Charts::automatic;
  /// Dips of the proximity r with this prominence (VisitRule, without its levels of close visits: between two
  /// saddles of similar residual r need not leave a fixed threshold). Where r falls below `enter` in a dip, a
  /// critical point is looked for.
  Real enter = kVisitEnter, prominence = 3;  ///< more than ripples of r, less than between two saddles
  /// Outputs of points of interest: how near does the flow come to each?
  std::vector<Matrix> watched;
  std::int64_t max_steps = 1'000'000;  ///< a cap, by judgement
  CriticalPointOptions analysis;
  const std::atomic<bool>* interrupt = nullptr;
};

/// A dip of r, at its closest approach, by the ends of steps.
struct FlowDip {
  enum class Fate {
    shallow,     ///< r stays above FlowVisitOptions::enter
    unresolved,  ///< the refinement led to no critical point
    resolved,    ///< a stop, or the same point as the stop before
  };
  Fate fate = Fate::shallow;
  Real time = 0;  ///< of the flow
  Real loss = 0, proximity = 0;
  Matrix outputs;
};

/// Where a flow is nearest to given outputs, by the ends of steps.
struct NearestApproach {
  Real outputs = std::numeric_limits<Real>::infinity();  ///< see output_distance()
  Real time = std::numeric_limits<Real>::quiet_NaN();    ///< of the flow
  Real loss = time, proximity = time;
};

struct FlowVisits {
  SaddleSequence sequence;
  std::vector<CriticalPoint> points;  ///< refined from the closest approach of each visit
  Index unresolved = 0;               ///< visits that led to no critical point, and are left out
  std::vector<FlowDip> dips;
  std::vector<NearestApproach> nearest;  ///< to each of FlowVisitOptions::watched
  LossCurve losses;
  StopReason stop_reason;
  std::string message;           ///< of a failure; what was visited until then is there
  Real slow_time = 0, loss = 0;  ///< of the end
  std::int64_t steps = 0;
  WorkCounters work;
};

/// psi(t, e^{log_delta} direction) up to slow_time. The time of a stop is that at which half of what the loss
/// falls by on the way to it, from the stop visited before, is gained (square loss and small delta: the width
/// of a jump is O(1) in flow time for degree 2). The objective has no mode afterwards. Where the
/// integration fails the stop reason says so. InputError for a direction that does not fit; NumericalError
/// where a point cannot be analysed.
FlowVisits visits_of_flow(Objective& objective, const Vector& direction, Real log_delta,
                          const FlowVisitOptions& options);

}  // namespace saddleflow
