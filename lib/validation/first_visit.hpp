// The flow until it has visited a critical point (P3, P4).
#pragma once

#include <string>

#include "saddleflow/base/stop_reason.hpp"
#include "saddleflow/saddle/critical_point.hpp"
#include "validation/problem.hpp"

namespace saddleflow::claims {

struct Visit {
  /// At the smallest proximity r since r last fell below 1e-2; empty: no critical point was visited.
  Vector closest;
  Real proximity = 0;
  /// Norms of the neurons, their largest from the start on: until the closest approach, and until the
  /// critical point was left again (r above 2e-2) or the flow came to rest at it (r below 1e-10).
  Vector until_closest, until_end;
  StopReason stop_reason;
  std::string failure;  ///< of the integration, in words; then there is no visit

  bool found() const { return closest.size() > 0; }
};

/// The first critical point that a flow comes to. In a valley r is small, too, and no critical point near:
/// such visits are passed over, up to four.
struct Arrival {
  Visit visit;
  CriticalPoint point;  ///< refined from the closest approach; its ways down from few starts

  bool found() const { return visit.found() && point.is_critical(); }
};

/// The point with what is known of it; eight starts for the ways down tell a saddle from a minimum.
CriticalPoint analysed(Problem& problem, const Vector& w);

/// From delta u0, in polar coordinates while it is small. Throws Interrupted; NumericalError when the
/// integration fails.
Arrival arrival_from_origin(Problem& problem, const Vector& u0, Real delta);
/// From w, anywhere. A critical point that w itself is beside counts only when the flow comes back to it.
/// Throws Interrupted. A failure of the integration is in the visit: a flow that comes to no critical point,
/// as on data that are learnt for ever, is lost to its gauges in the end.
Arrival arrival_from(Problem& problem, const Vector& w);

}  // namespace saddleflow::claims
