// The critical points that the flow from a small start visits.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "saddleflow/base/stop_reason.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/skeleton/comparison.hpp"

namespace saddleflow {

struct FlowVisitOptions {
  Real slow_time = 0;  ///< end, see flow_time_of()
  Real loss = 0;       ///< or where the loss has fallen to this
  Real rtol = kUsualTolerance;
  std::string stepper = stepper_name::automatic;
  FlowAssemblyOptions::Charts charts = FlowAssemblyOptions::Charts::automatic;
  /// A critical point is visited where the proximity r (see Probe) has a minimum below `enter` that it falls
  /// to and rises from by this factor.
  Real enter = kVisitEnter,
       factor = 3;  ///< of 3: more than ripples of r, less than what lies between two saddles
  std::int64_t max_steps = 1'000'000;  ///< a cap, by judgement
  CriticalPointOptions analysis;
  const std::atomic<bool>* interrupt = nullptr;
};

struct FlowVisits {
  SaddleSequence sequence;
  std::vector<CriticalPoint> points;  ///< refined from the closest approach of each visit
  Index unresolved = 0;               ///< visits that led to no critical point, and are left out
  StopReason stop_reason;
  Real slow_time = 0, loss = 0;  ///< of the end
  std::int64_t steps = 0;
  WorkCounters work;
};

/// psi(t, e^{log_delta} direction) up to slow_time. The time of a stop is that at which half of what the loss
/// falls by on the way to it, from the stop visited before, is gained (square loss and small delta: the width
/// of a jump is O(1) in flow time for degree 2). The objective has no mode afterwards. InputError for a
/// direction that does not fit; NumericalError where the integration fails.
FlowVisits visits_of_flow(Objective& objective, const Vector& direction, Real log_delta,
                          const FlowVisitOptions& options);

}  // namespace saddleflow
