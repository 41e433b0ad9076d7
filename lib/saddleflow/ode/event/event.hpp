// The description of an event: a scalar function of the state whose sign changes are located.
#pragma once

#include <functional>
#include <string>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// In which an event's function has to cross zero.
enum class Direction { falling = -1, either = 0, rising = 1 };

/// The flags are those of CrossingKind: an event that is located has fallen or risen.
template <>
inline constexpr auto enum_table<Direction> = named_enum<Direction>("direction of an event",
                                                                    {{Direction::falling, "falling"},
                                                                     {Direction::rising, "rising"},
                                                                     {Direction::either, "either"}});

/// The function of an event has no number.
class EventError : public NumericalError {
 public:
  using NumericalError::NumericalError;
};

/// One located event.
struct EventHit {
  std::size_t event = 0;  ///< index into the detector's list
  Real time = 0;
  Real time_error = 0;                      ///< width of the bracket that the root was isolated to
  Direction direction = Direction::either;  ///< rising or falling
  bool terminal = false;                    ///< the run ends here
  /// Filled in by the driver: time since the chart was entered, ln of the whole time (see StepView).
  Real phase_time = 0, log_time = 0;
};

/// An event occurs where function(x(t)) crosses zero in `direction`. The contract (s = sign of the function):
///
///   sign before | sign after | rising | falling
///   ------------|------------|--------|--------
///        -      |   0 or +   |  yes   |   no
///        +      |   0 or -   |   no   |  yes
///        0      |  anything  |   no   |   no      (the arrival at 0 was the event; identically zero is
///        allowed)
///
/// NaN is an error that names the event. An event that is not armed() is not evaluated at all; from the
/// moment it is armed (by another event's on_fire(), say) its sign is followed again, starting at that
/// moment.
struct Event {
  std::string name;
  std::function<Real(const Vector& x)> function;
  Direction direction = Direction::either;
  bool terminal = false;
  /// Asked after on_fire(): true makes this occurrence terminal ("stop at the third departure").
  std::function<bool()> stop;
  /// After firing, the event is blind for this long (time units of the flow).
  Real cooldown = 0;
  /// False: looked at where steps end only, so that two crossings within a step are not seen. True: also
  /// inside the steps, so that they are. That is two looks a step, three more where these do not exclude a
  /// crossing, and about ten at every dip towards zero (looks.hpp); a function that needs a gradient costs
  /// one a look.
  bool every_crossing = false;
  /// every_crossing: the size of the numbers whose difference the function is. A dip beyond zero that is
  /// rounding of it is none.
  Real unit = 0;
  /// Absent: always armed. Asked in time order, after on_fire() of earlier hits: this makes hysteresis.
  std::function<bool()> armed;
  /// Called when the event has been located, in time order, before later hits of the same step are
  /// considered.
  std::function<void(const EventHit& hit, const Vector& x)> on_fire;
  /// Called with the state at the end of every step that did not end the run, after the events in it, also
  /// while the event is not armed: for what is remembered from step to step.
  std::function<void(const Vector& x)> at_step_end;
};

}  // namespace saddleflow
