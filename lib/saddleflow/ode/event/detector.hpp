// Finds the events within a step on its dense output, in time order.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "saddleflow/ode/event/event.hpp"
#include "saddleflow/ode/event/looks.hpp"

namespace saddleflow {

/// Dense output of one step: writes x(t) for t in [t0, t1].
using StateAt = std::function<void(Real t, Vector& x)>;

/// Keeps the value of every event function from step to step (its sign is never recomputed after a restart)
/// and isolates roots in (t0, t1] with Boost's TOMS 748 (Alefeld, Potra, Shi 1995).
class EventDetector {
 public:
  explicit EventDetector(std::vector<Event> events);
  // The clock is that of the integration that uses it.
  EventDetector(const EventDetector&) = delete;
  EventDetector& operator=(const EventDetector&) = delete;

  const std::vector<Event>& events() const { return events_; }
  /// Signs at the initial state. Throws NumericalError for NaN.
  void start(const Vector& x);
  /// All events in (t0, t1], ordered in time; on_fire() is called for each. The scan ends at the first
  /// terminal one. Roots are isolated to `time_tolerance` (absolute). `x1` is the state at t1.
  std::vector<EventHit> scan(Real t0, Real t1, const Vector& x1, const StateAt& dense, Real time_tolerance);
  /// The same detector on a clock set back by `shift`.
  void shift_time(Real shift);
  /// Cooldowns are measured in the time that `clock` tells of a state and the detector's own time, flow time
  /// in another chart; absent: in the detector's own.
  using FlowClock = std::function<Real(Real t, const Vector& x)>;
  void set_flow_clock(FlowClock clock) { clock_ = std::move(clock); }

  /// Function evaluations spent on isolating roots.
  long root_evaluations() const { return root_evaluations_; }
  /// Values, blind times and the evaluation count: what a checkpoint needs.
  std::vector<Real> memory() const;
  void restore(const std::vector<Real>& memory);

 private:
  struct Crossing {
    std::size_t event;
    Real left, right;  // times that bracket it
    int before;        // sign at `left`
  };
  struct Step {
    Real t0, t1;
    const Vector& x1;
    const StateAt& dense;
    Real time_tolerance;
  };
  bool is_armed(std::size_t event) const { return !events_[event].armed || events_[event].armed(); }
  Real value_at(std::size_t event, const Vector& x) const;
  void follow(const std::vector<std::size_t>& events, Real from, const Step& step);
  void look_closer(const std::vector<std::size_t>& events, std::vector<std::vector<Look>>& looks,
                   const Step& step);
  void note_crossings(std::size_t event, const std::vector<Look>& looks);
  void update_armed(Real now, const Vector& x_now, const Step& step);
  void end_step(const Step& step);
  bool next_hit(Real now, const Step& step, EventHit& hit);
  Real flow_time(Real t, const Step& step);
  EventHit isolate(const Crossing& crossing, const Step& step);
  static bool matches(Direction direction, int before, int after);

  std::vector<Event> events_;
  std::vector<Real> values_;  // at the end of the last step; 0 while not armed
  std::vector<char> active_;  // armed when last asked
  std::vector<Real> blind_until_;
  FlowClock clock_;
  long root_evaluations_ = 0;
  std::vector<Crossing> pending_;  // of the present step, not yet isolated
  std::vector<EventHit> located_;  // of the present step, not yet fired
  Vector x_;
};

}  // namespace saddleflow
