// The built-in events of a gradient flow: origin escape, saddle visits, levels, steady state.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "saddleflow/base/event_kind.hpp"
#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/flow/probe.hpp"
#include "saddleflow/flow/visit_events.hpp"
#include "saddleflow/ode/event/event.hpp"

namespace saddleflow {

enum class EscapeBy { loss, norm, direction };

template <>
inline constexpr auto enum_table<EscapeBy> = named_enum<EscapeBy>("sign of an escape",
                                                                  {{EscapeBy::loss, "loss"},
                                                                   {EscapeBy::norm, "norm"},
                                                                   {EscapeBy::direction, "direction"}});
/// The flow has left the origin when the loss has fallen by this fraction of L(0): the plateau has then
/// ended, and the first jump has not.
inline constexpr Real kEscapeFraction = Real(0.1);
/// A direction has settled when its angle with the gradient is at most this, half a degree.
inline constexpr Real kEscapeAngle = Real(1e-2);
/// The steady state: the rest of the path is too short to be visible in a figure, and r is still far above
/// its rounding error. Near a saddle the flow may look steady for a long time.
inline constexpr Real kSteadyProximity = Real(1e-7);

/// A crossing of `value` by a recorded quantity.
struct LevelOptions {
  std::string quantity;
  Real value = 0;
  Direction direction = Direction::either;
  bool terminal = false;
  Real cooldown = 0;
};

struct FlowEventOptions {
  /// The escapes from the origin that are located. loss: the loss has fallen by `escape_fraction` of L(0).
  /// norm: ||w|| has risen to `escape_norm`. direction: the sine of the angle between w and -grad L has
  /// fallen to `escape_angle` near the origin, that is, while the loss has not yet fallen by
  /// `escape_fraction` and the gradient is still that of the correlation function.
  std::vector<EscapeBy> escape{EscapeBy::loss};
  Real escape_fraction = kEscapeFraction;
  Real escape_norm = 1;
  Real escape_angle = kEscapeAngle;
  bool escape_terminal = false;

  /// Visits of critical points, by the rule on the proximity r (VisitRule).
  bool saddles = true;
  Real saddle_enter = kVisitEnter;
  Real saddle_leave = kVisitLeave;
  Real saddle_prominence = kVisitProminence;  ///< 0: close visits only
  int saddle_leaves_terminal = 0;             ///< stop when this many visits have ended; 0: never
  bool visit_at_start = true;                 ///< a start at r < enter is a visit that begins there

  bool steady = true;  ///< r falls below `steady_threshold`
  Real steady_threshold = kSteadyProximity;
  bool steady_terminal = false;

  std::vector<LevelOptions> levels;

  /// Events of the user. function() and on_fire() receive the weights, in either chart of the flow. The flow
  /// time of an event is passed to Observer::on_event(); on_fire() receives the time of the stepper's own
  /// clock. InputError for a name that is empty or taken, or begins like a name of the library.
  std::vector<Event> own;
};

/// The events with their shared state.
struct FlowEvents {
  std::vector<Event> events;
  /// The name of each event, as in the flags of the run file and in the output of the tools: the name of an
  /// EventKind, for a level with its quantity and value ("level:loss=0.1"), or the name that the user has
  /// given.
  std::vector<std::string> kinds;
  /// The quantity that each event observes, without its threshold: the loss, r, the quantity of a level ...
  std::vector<std::function<Real(const Vector& x)>> values;
  std::shared_ptr<VisitState> visit;

  /// The kind of an event of the library in this list.
  EventKind kind_of(std::size_t event) const;
  /// The number of events that a run file stores. They come first in the list, the events of a dip last.
  std::size_t stored_count() const;
};

/// `initial`: the observables at t = 0. The probe must outlive the events.
FlowEvents make_flow_events(const FlowEventOptions& options, Probe& probe, const Observables& initial);

}  // namespace saddleflow
