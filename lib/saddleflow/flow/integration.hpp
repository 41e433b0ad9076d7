// The driver: it integrates a system with a stepper, locates events, informs an observer, and ends with a
// named stop.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "saddleflow/base/stop_reason.hpp"
#include "saddleflow/flow/clock.hpp"
#include "saddleflow/flow/flow_time.hpp"
#include "saddleflow/flow/standstill.hpp"
#include "saddleflow/ode/event/detector.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"

namespace saddleflow {

class PolarChart;

/// Named numbers that make up a checkpoint.
using Memory = std::map<std::string, std::vector<Real>>;

/// One accepted step, as passed to an observer. Times are absolute flow times unless stated otherwise. States
/// are those of the current chart: (w, E), or the state of a PolarFlow.
struct StepView {
  std::int64_t step = 0;  ///< accepted steps so far, this one included
  Real t0 = 0, t1 = 0;    ///< the step; t1 is earlier than the stepper's own end when a terminal event cut it
  Real step_size = 0;
  std::string_view method;
  const Vector& x1;  ///< state at t1
  const StateAt& dense;
  Real phase_time = 0;  ///< time since the current chart was entered; resolves steps that t1 does not resolve
  Real log_time = 0;    ///< ln t1, finite also if t1 leaves the range of Real
  bool polar = false;
};

/// Receives every event, in the order of time, and then the step that contains it. `dense` takes absolute
/// times.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_event(const EventHit& /*hit*/, const Vector& /*x*/, const StateAt& /*dense*/) {}
  virtual void on_step(const StepView& /*step*/) {}
};

struct IntegrationOptions {
  Real t_end = 0;
  /// Count t_end from the time at which the polar chart was last left; a Real may be unable to hold the sum.
  bool end_after_polar = false;
  /// Used near the origin (see PolarChart). Null: only the Cartesian chart. Must outlive the integration.
  PolarChart* polar = nullptr;
  std::int64_t max_steps = 10'000'000;  ///< a cap for flows without an end, by judgement
  /// Event times are located to this accuracy, relative to the step, but never finer than rounding allows. It
  /// is far below the error of the path at any tolerance, and costs only a few evaluations.
  Real event_tolerance = Real(1e-12);
  /// A signal handler, for example, can set it: the run then ends after the current step with
  /// Stop::interrupted.
  const std::atomic<bool>* interrupt = nullptr;
  /// Whether the flow has collapsed at the end of a step in the Cartesian chart, which ends the run with
  /// Stop::collapsed. May be empty.
  std::function<bool(const Vector& x)> collapsed = {};
  /// Called after every step but the last, at a time at which memory() describes a complete state.
  std::function<void()> between_steps;
};

/// The end of a run. If an observer throws StepFailure, the run ends with its reason.
struct Outcome {
  StopReason stop_reason;
  std::string message;  ///< of the failure, where there was one
  Real time = 0;
  Vector state;  ///< in the chart of the end
  Real phase_time = 0, log_time = 0;
  bool failed() const { return stop_reason.is_failure(); }
};

/// For autonomous systems only, because the clock is reset in long runs. The sequence of states depends on
/// the arguments only, whether or not the run was interrupted and restored.
class Integration {
 public:
  /// System, stepper, detector and polar chart must outlive it.
  Integration(const System& system, Stepper& stepper, EventDetector& detector, IntegrationOptions options);
  /// Removes itself as the clock of the detector.
  ~Integration();
  // Its dense output and the detector's clock refer to it.
  Integration(const Integration&) = delete;
  Integration& operator=(const Integration&) = delete;

  /// Starts at x0, t = 0. `first_step` is the first step size to try, in flow time; the polar chart chooses
  /// its own. x0 is (w, E), or a state of the polar chart's flow.
  void start(const Vector& x0, Real first_step);
  /// Continues from memory(). Throws InputError for the memory of another kind of run.
  void restore(const Memory& memory);
  Memory memory() const;

  Outcome run(Observer& observer);

  Real time() const { return time_.absolute(phase_time()); }
  /// At the end of the last step, in the chart of the next one.
  const Vector& state() const { return stepper().current_state(); }
  bool in_polar_chart() const { return in_polar_; }
  /// A step size has been shortened to reach t_end. From that step on the states depend on t_end.
  bool aims_at_end() const { return aims_at_end_; }
  std::int64_t steps() const { return steps_; }
  /// Of the steppers of both charts together.
  StepCounters counters() const;

 private:
  struct Moment {
    Real phase, absolute, log;
  };
  bool step(Observer& observer, Outcome& outcome);
  bool report_events(Observer& observer, Real t0, Real t1, const Vector& x1, Outcome& outcome);
  void restore_charts(const std::vector<Real>& memory);
  void restore_standstill(const std::vector<Real>& memory);
  void aim_at_end();
  bool at_end(Real phase) const;
  void set_clock_back();
  void change_chart();
  void watch_time(Real before, Real after);
  void watch_state(Real time, const Vector& x);
  Outcome finish(Stop reason, std::string message = {}) const;

  Stepper& stepper() const;
  System system() const;
  Moment moment(Real local, const Vector& x) const;
  Real phase_time() const;
  Real phase_end() const;
  Real local_of(Real absolute) const;

  System system_;
  Stepper& stepper_;
  EventDetector& detector_;
  IntegrationOptions options_;
  Clock clock_;    // of the phase: the stepper's clock is set back now and then
  FlowTime time_;  // of the whole
  bool in_polar_ = false;
  StepCounters banked_;  // of the stays in charts that have been left
  std::int64_t steps_ = 0;
  std::int64_t standstill_ = 0;  // steps in a row too short to change the time, with their weights
  Real shortest_ = 0;            // of all Cartesian steps
  Standstill standstill_watch_;  // of the Cartesian chart
  bool aims_at_end_ = false;
  StateAt dense_local_, dense_absolute_;
};

/// A first step for gradient flow from x0: a fraction rtol^(1/5)/10 of the time in which the state would
/// change by itself, ||x0|| / ||f(x0)||. Scale-invariant. 1 where f(x0) = 0. One evaluation of the system.
Real first_step(const System& system, const Vector& x0, Real rtol);

}  // namespace saddleflow
