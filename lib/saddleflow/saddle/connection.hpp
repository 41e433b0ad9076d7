// The unstable manifold of a saddle: the flow from the saddle along a way down to the next critical point.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "saddleflow/base/stop_reason.hpp"
#include "saddleflow/flow/probe.hpp"
#include "saddleflow/flow/visit_rule.hpp"
#include "saddleflow/ode/stepper/error_control.hpp"
#include "saddleflow/saddle/critical_point.hpp"

namespace saddleflow {

struct ConnectionOptions {
  Real rtol = kUsualTolerance;
  /// Norm of the initial displacement, relative to ||p|| (1 at the origin). The error of the initial
  /// direction is of this order, and shrinks along the way because the manifold attracts nearby trajectories.
  Real displacement = Real(1e-4);
  Real enter = kVisitEnter, leave = kVisitLeave;  ///< proximities between which a critical point is visited
  Real steady = kRestProximity;                   ///< arrived
  Real t_end = Real(1e9);                         ///< by judgement: a thousand plateaus of 1e6
  std::int64_t max_steps = kStepsToRest;
  CriticalPointOptions analysis;
  const std::atomic<bool>* interrupt = nullptr;
};

struct Connection {
  bool arrived = false;    ///< `end` is a critical point
  CriticalPoint end;       ///< the first critical point on the way, analysed
  Real time = 0;           ///< to the closest approach
  Real closest = 0;        ///< proximity there
  StopReason stop_reason;  ///< of the integration
  WorkCounters work;
};

/// Follows the flow from p + sign * displacement * direction until it comes to rest or turns away from a
/// critical point that it has come close to. Weights that are zero in both p and the direction stay exactly
/// zero. `sign` -1 makes sense only for eigenvectors. If the path is not certain ("sampled_decision"),
/// `arrived` is false. Throws NumericalError if the integration fails.
Connection follow_escape(Objective& objective, const CriticalPoint& from, const EscapeDirection& way,
                         int sign, const ConnectionOptions& options = {});

}  // namespace saddleflow
