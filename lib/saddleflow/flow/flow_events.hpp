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
/// The origin has been left where the loss has fallen by this part of L(0): beyond the plateau, before the
/// first jump is over.
inline constexpr Real kEscapeFraction = Real(0.1);
/// A direction has settled where its angle with the gradient is this, half a degree.
inline constexpr Real kEscapeAngle = Real(1e-2);
/// Steady: nothing that is left of the way is seen in a figure, and r is far above its rounding. A saddle may
/// look so for long.
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
  /// Which origin escapes to locate: the loss has fallen by `escape_fraction` of L(0); ||w|| has risen to
  /// `escape_norm`; the direction has settled, near the origin: the sine between w and -grad L has fallen to
  /// `escape_angle` while the loss has not fallen by `escape_fraction` and the gradient is that of the
  /// correlation function.
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
  int saddle_leaves_terminal = 0;             ///< stop when so many visits have ended; 0: never
  bool visit_at_start = true;                 ///< a start at r < enter is a visit that begins there

  bool steady = true;  ///< r falls below `steady_threshold`
  Real steady_threshold = kSteadyProximity;
  bool steady_terminal = false;

  std::vector<LevelOptions> levels;

  /// One's own: function() and on_fire() are given the weights, whatever the chart that the flow is in.
  /// Times are told by Observer::on_event(); those that on_fire() is given are the stepper's own clock's.
  /// InputError for a name that is empty, taken, or begins as those of the library's.
  std::vector<Event> own;
};

/// The events with their shared state.
struct FlowEvents {
  std::vector<Event> events;
  /// One per event, what the run file's flags and the tools print: the name of an EventKind, for a level with
  /// what it is a level of: "level:loss=0.1". One's own: as they were named.
  std::vector<std::string> kinds;
  /// What each event watches (not shifted to its threshold): the loss, r, the quantity of a level ...
  std::vector<std::function<Real(const Vector& x)>> values;
  std::shared_ptr<VisitState> visit;

  /// Of an event of the library's in this list.
  EventKind kind_of(std::size_t event) const;
  /// Those that a run file stores are the first so many, those of a dip come last.
  std::size_t stored_count() const;
};

/// `initial`: the observables at t = 0. The probe must outlive the events.
FlowEvents make_flow_events(const FlowEventOptions& options, Probe& probe, const Observables& initial);

}  // namespace saddleflow
