// The flow to a critical point: to the first one that it approaches, or to the one at which it comes to rest.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/base/stop_reason.hpp"
#include "saddleflow/flow/integration.hpp"
#include "saddleflow/flow/observables.hpp"
#include "saddleflow/flow/probe.hpp"
#include "saddleflow/flow/visit_rule.hpp"
#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

/// Where the flow is to end.
enum class Destination {
  minimum,        ///< where the flow comes to rest; it passes the saddles on the way
  critical_point  ///< the first critical point that the flow approaches, even a saddle that it would leave
};

template <>
inline constexpr auto enum_table<Destination> = named_enum<Destination>(
    "destination", {{Destination::minimum, "minimum"}, {Destination::critical_point, "critical_point"}});

struct ApproachOptions {
  Destination destination = Destination::critical_point;
  Real rtol = kUsualTolerance;
  Real enter = kVisitEnter, leave = kVisitLeave;  ///< proximities between which a critical point is visited
  Real steady = kRestProximity;                   ///< proximity at which the flow has come to rest
  Real loss = 0;            ///< if positive, the flow ends where the loss has fallen to it
  Real t_end = Real(1e12);  ///< by judgement: a flow that takes longer does not come to rest
  std::int64_t max_steps = kStepsToRest;
  bool stop_at_sampled_decisions = true;  ///< see FlowAssemblyOptions
  const std::atomic<bool>* interrupt = nullptr;
  /// Called after every accepted step with the quantities and the weights at its end.
  std::function<void(const StepView&, const Observables&, const Vector&)> on_step = {};
};

struct Approach {
  Outcome outcome;  ///< "event:steady", "event:saddle_leave", "event:level:loss=...", "reached_end", ...
  Vector weights;   ///< where the flow ended
  // At the closest approach of the last visit; infinite and empty where there was none.
  Real proximity = std::numeric_limits<Real>::infinity();
  Real time = 0;
  Vector closest;
  std::int64_t left = 0;  ///< critical points that were visited and left, the last one included
  std::int64_t steps = 0;
  std::int64_t sampled_decisions = 0;  ///< see FlowAssembly
  WorkCounters work;

  bool has_visit() const { return closest.size() > 0; }
  /// The flow turned away from the critical point that it was to end at.
  bool turned_away() const { return outcome.stop_reason.is_event(EventKind::saddle_leave); }
};

/// If w itself is a critical point, it does not count as visited before the flow has left it. The mode of the
/// last step (see Objective::set_mode) is cleared at the end of the call. InputError if w does not fit the
/// objective; failures of the integration are reported in the outcome.
Approach follow_to_critical_point(Objective& objective, const Vector& w, const ApproachOptions& options);

}  // namespace saddleflow
