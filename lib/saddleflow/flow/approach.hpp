// Follow the flow to a critical point: to the first one that it comes close to, or to where it comes to rest.
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
  minimum,        ///< where it comes to rest: saddles of the network on the way are passed
  critical_point  ///< at the first critical point that it comes close to, be it a saddle that it would leave
};

template <>
inline constexpr auto enum_table<Destination> = named_enum<Destination>(
    "destination", {{Destination::minimum, "minimum"}, {Destination::critical_point, "critical_point"}});

struct ApproachOptions {
  Destination destination = Destination::critical_point;
  Real rtol = kUsualTolerance;
  Real enter = kVisitEnter, leave = kVisitLeave;  ///< proximities between which a critical point is visited
  Real steady = kRestProximity;                   ///< proximity at which the flow has come to rest
  Real loss = 0;                                  ///< > 0: the end is where the loss has fallen to this
  Real t_end = Real(1e12);                        ///< by judgement: slower than that nothing comes to rest
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

/// A critical point at w itself is not visited before w has been left. The objective keeps the mode of the
/// last step (see Objective::set_mode) no longer than this call. InputError where w does not fit; failures of
/// the integration are in the outcome.
Approach follow_to_critical_point(Objective& objective, const Vector& w, const ApproachOptions& options);

}  // namespace saddleflow
