// The description of an event: a scalar function of the state whose sign changes are located.
#pragma once

#include <functional>
#include <string>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

enum class Direction { falling = -1, either = 0, rising = 1 };

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
  /// Extra points inside every step at which the sign is looked at (0: the ends only). Worth it where a look
  /// is cheap; a function that needs a gradient costs that many gradients a step.
  int interior_points = 0;
  /// Absent: always armed. Asked in time order, after on_fire() of earlier hits: this makes hysteresis.
  std::function<bool()> armed;
  /// Called when the event has been located, in time order, before later hits of the same step are
  /// considered.
  std::function<void(const EventHit& hit, const Vector& x)> on_fire;
};

}  // namespace saddleflow
