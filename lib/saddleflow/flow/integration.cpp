#include "saddleflow/flow/integration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/memory.hpp"
#include "saddleflow/flow/flow_stepping.hpp"
#include "saddleflow/flow/polar_chart.hpp"

namespace saddleflow {

namespace {

constexpr Real kEpsilon = std::numeric_limits<Real>::epsilon();
// A phase that differs from its end by less than this part of it is there: the clock is a sum of two numbers,
// and the last step is as long as what was left.
constexpr Real kAtEndOfPhase = 4 * kEpsilon;
// The stepper's clock is set back when a step has become this small against it; far from rounding, and rare.
constexpr Real kSmallAgainstClock = Real(1) / Real(1 << 20);
// Steps too short for the absolute time are legitimate in a jump late in a run, but not for ever: a
// finite-time blow-up is approached without end. Its steps are the shortest of all. Those that are not are a
// inactive neuron's that grows: from 1e-100 at a time of 1e100 they are 1e84 long at first, some hundreds a
// decade, and count this much less.
constexpr std::int64_t kLongestStandstill = 10000, kShortStep = 100;

// A checkpoint holds finite numbers only: the largest one stands for infinity.
constexpr Real kLargest = std::numeric_limits<Real>::max();
Real finite(Real x) { return std::clamp(x, -kLargest, kLargest); }
Real infinite(Real x) {
  return std::abs(x) < kLargest ? x : std::copysign(std::numeric_limits<Real>::infinity(), x);
}

}  // namespace

Integration::Integration(const System& system, Stepper& stepper, EventDetector& detector,
                         IntegrationOptions options)
    : system_(system), stepper_(stepper), detector_(detector), options_(std::move(options)) {
  dense_local_ = [this](Real t, Vector& x) { this->stepper().calc_state(t, x); };
  dense_absolute_ = [this](Real t, Vector& x) { this->stepper().calc_state(local_of(t), x); };
  // With two charts the blind times of events count in the time since the present one was entered.
  detector_.set_flow_clock(nullptr);
  if (options_.polar != nullptr)
    detector_.set_flow_clock([this](Real t, const Vector& x) { return moment(t, x).phase; });
}

Integration::~Integration() {
  if (options_.polar != nullptr) detector_.set_flow_clock(nullptr);
}

Stepper& Integration::stepper() const { return in_polar_ ? options_.polar->stepper() : stepper_; }

System Integration::system() const { return in_polar_ ? System(options_.polar->flow()) : system_; }

StepCounters Integration::counters() const { return banked_ + stepper().counters(); }

Integration::Moment Integration::moment(Real local, const Vector& x) const {
  if (!in_polar_) {
    const Real phase = clock_.absolute(local);
    return {phase, time_.absolute(phase), time_.log_absolute(std::log(phase))};
  }
  const PolarFlow& flow = options_.polar->flow();
  const Real phase = flow.elapsed(x);
  return {phase, time_.absolute(phase), time_.log_absolute(flow.log_elapsed(x))};
}

Real Integration::phase_time() const {
  return moment(stepper().current_time(), stepper().current_state()).phase;
}

Real Integration::phase_end() const {
  return options_.end_after_polar ? options_.t_end : time_.phase(options_.t_end);
}

// The stepper's time, within its last step, of a flow time.
Real Integration::local_of(Real absolute) const {
  const Real phase = time_.phase(absolute);
  if (!in_polar_) return clock_.local(phase);
  return options_.polar->find(phase, stepper().previous_time(), stepper().current_time());
}

void Integration::start(const Vector& x0, Real first_step) {
  clock_ = Clock();
  time_ = FlowTime();
  banked_ = StepCounters();
  steps_ = standstill_ = 0;
  aims_at_end_ = false;
  shortest_ = std::numeric_limits<Real>::infinity();
  standstill_watch_.start(0, x0);
  PolarChart* polar = options_.polar;
  in_polar_ = polar != nullptr && (polar->is_polar(x0) || polar->suits(x0));
  if (in_polar_) {
    detector_.start(polar->enter(x0, 0));
  } else {
    stepper_.initialize(x0, 0, first_step);
    detector_.start(x0);
  }
}

// The last step ends on t_end exactly; the one before it is halved rather than leave a sliver. In the polar
// chart the end is found on the dense output instead.
void Integration::aim_at_end() {
  if (in_polar_) return;
  const Real left = clock_.local(phase_end()) - stepper_.current_time();
  const Real h = stepper_.current_time_step();
  if (h <= left / 2) return;
  aims_at_end_ = true;
  stepper_.set_time_step(h >= left ? left : left / 2);
}

bool Integration::at_end(Real phase) const {
  if (in_polar_) return !options_.end_after_polar && phase >= phase_end();
  return std::abs(phase_end() - phase) <= kAtEndOfPhase * options_.t_end;
}

void Integration::set_clock_back() {
  const Real t = stepper().current_time();
  if (t - stepper().previous_time() > t * kSmallAgainstClock) return;
  stepper().shift_time(t);
  if (options_.polar == nullptr) detector_.shift_time(t);
  clock_.advance(t);
}

// Between steps: into the polar chart, out of it, or to a new origin of its time.
void Integration::change_chart() {
  PolarChart* polar = options_.polar;
  if (polar == nullptr) return;
  const Vector x = stepper().current_state();
  const Real now = stepper().current_time();
  const bool moves = in_polar_ ? polar->outgrown(x) : polar->suits(x);
  if (!moves && !(in_polar_ && polar->rebase_due(x))) return;
  const Moment at = moment(now, x);
  banked_ = counters();
  time_.leave(at.phase, in_polar_ ? polar->flow().log_elapsed(x) : std::log(at.phase));
  clock_ = Clock();
  detector_.shift_time(at.phase);
  if (!moves) {
    polar->rebase(x);
  } else if (in_polar_) {
    const Real h = polar->time_step(x);
    in_polar_ = false;
    stepper_.initialize(polar->flow().cartesian(x), 0, h);
    standstill_watch_.start(0, stepper_.current_state());
  } else {
    const Real h = stepper_.current_time_step();
    in_polar_ = true;
    polar->enter(x, h);
  }
}

Outcome Integration::finish(Stop reason, std::string message) const {
  const Vector& x = stepper().current_state();
  const Moment at = moment(stepper().current_time(), x);
  return {reason, std::move(message), at.absolute, x, at.phase, at.log};
}

void Integration::watch_time(Real before, Real after) {
  const Real h = stepper_.current_time() - stepper_.previous_time();
  shortest_ = std::min(shortest_, h);
  if (after > before) {
    standstill_ = 0;
    return;
  }
  standstill_ += h <= 2 * shortest_ ? kShortStep : 1;
  if (standstill_ >= kLongestStandstill * kShortStep)
    throw StepFailure(Stop::step_underflow,
                      fmt::format("time stands still at {:.17g}: {} steps or more did not change it",
                                  static_cast<double>(after), kLongestStandstill));
}

void Integration::watch_state(Real time, const Vector& x) {
  if (standstill_watch_.note(time, x))
    throw StepFailure(
        Stop::step_underflow,
        fmt::format("the run stands still at t = {:.17g}: in {} steps neither the time nor any weight has "
                    "changed by {:.0e} of itself",
                    static_cast<double>(time), Standstill::kSteps, static_cast<double>(Standstill::kChange)));
}

// Tells the observer of the events of the last step, up to its end or that of the run; false after a terminal
// one.
bool Integration::report_events(Observer& observer, Real t0, Real t1, const Vector& x1, Outcome& outcome) {
  const Moment begin = moment(t0, stepper().previous_state());
  // By the stepper's own clock, which resolves its steps however late in a run they are.
  const Real tolerance = std::max(options_.event_tolerance * (t1 - t0), kEpsilon * t1);
  const std::vector<EventHit> hits = detector_.scan(t0, t1, x1, dense_local_, tolerance);
  Vector x;
  for (const EventHit& hit : hits) {
    stepper().calc_state(hit.time, x);
    const Moment now = moment(hit.time, x);
    EventHit at = hit;
    at.time = now.absolute;
    at.phase_time = now.phase;
    at.log_time = now.log;
    if (in_polar_) at.time_error *= options_.polar->flow().time_rate(x);
    at.time_error = std::max(at.time_error, kEpsilon * at.time);
    observer.on_event(at, x, dense_absolute_);
    if (!hit.terminal) continue;
    observer.on_step({steps_, begin.absolute, now.absolute, now.phase - begin.phase, stepper().method(), x,
                      dense_absolute_, now.phase, now.log, in_polar_});
    outcome = {
        StopReason::at_event(detector_.events()[hit.event].name), "", now.absolute, x, now.phase, now.log};
    return false;
  }
  return true;
}

// One step with its events; false when the run has ended, `outcome` then says how.
bool Integration::step(Observer& observer, Outcome& outcome) {
  aim_at_end();
  auto [t0, t1] = stepper().do_step(system());
  ++steps_;
  const Moment begin = moment(t0, stepper().previous_state());
  Vector x1 = stepper().current_state();
  Moment end = moment(t1, x1);
  if (!in_polar_) {
    watch_time(begin.phase, end.phase);
    watch_state(end.phase, x1);
  }
  const bool last = at_end(end.phase);
  if (last && in_polar_) {
    t1 = options_.polar->find(phase_end(), t0, t1);
    stepper().calc_state(t1, x1);
    end = moment(t1, x1);
  }
  if (!report_events(observer, t0, t1, x1, outcome)) return false;
  if (last && !options_.end_after_polar) end.absolute = options_.t_end;
  const bool collapsed = in_polar_ ? options_.polar->collapses(stepper().previous_state(), x1)
                                   : options_.collapsed && options_.collapsed(x1);
  observer.on_step({steps_, begin.absolute, end.absolute, end.phase - begin.phase, stepper().method(), x1,
                    dense_absolute_, end.phase, end.log, in_polar_});
  if (!last && !collapsed) return true;
  outcome = {last ? Stop::reached_end : Stop::collapsed, "", end.absolute, x1, end.phase, end.log};
  return false;
}

Memory Integration::memory() const {
  const Vector& x = stepper().current_state();
  MemoryWriter charts;
  charts.add(in_polar_);
  charts.add(finite(time_.start().high()));
  charts.add(time_.start().low());
  charts.add(finite(time_.log_start()));
  save(charts, banked_);
  if (options_.polar != nullptr) {
    charts.add(finite(options_.polar->watched_norm()));
    charts.add(options_.polar->flow().origin());
    charts.add(options_.polar->flow().kappa());
  }
  MemoryWriter clock;
  for (const Real part : {clock_.high(), clock_.low(), stepper().current_time()}) clock.add(part);
  clock.add(steps_);
  clock.add(standstill_);
  clock.add(finite(shortest_));
  clock.add(aims_at_end_);
  MemoryWriter standstill;
  standstill_watch_.save(standstill);
  return {{"state", std::vector<Real>(x.data(), x.data() + x.size())},
          {"clock", clock.take()},
          {"charts", charts.take()},
          {"standstill", standstill.take()},
          {"stepper", stepper().memory()},
          {"events", detector_.memory()}};
}

void Integration::restore_charts(const std::vector<Real>& memory) {
  MemoryReader reader(memory, "checkpoint: 'charts'");
  in_polar_ = reader.integer() != 0;
  const Real high = reader.real(), low = reader.real();
  time_.restore(Clock(infinite(high), low), infinite(reader.real()));
  banked_ = load_counters(reader);
  if (options_.polar != nullptr) {
    options_.polar->set_watched_norm(infinite(reader.real()));
    const Real origin = reader.real();
    options_.polar->flow().restore(origin, reader.real());
  }
  reader.finish();
  if (in_polar_ && options_.polar == nullptr)
    throw InputError("checkpoint: was made in the polar chart, which this run does not use");
}

void Integration::restore_standstill(const std::vector<Real>& memory) {
  MemoryReader reader(memory, "checkpoint: 'standstill'");
  standstill_watch_.restore(reader);
  reader.finish();
}

void Integration::restore(const Memory& memory) {
  for (const char* name : {"state", "clock", "charts", "standstill", "stepper", "events"})
    if (!memory.contains(name)) throw InputError(fmt::format("checkpoint: '{}' is missing", name));
  MemoryReader clock(memory.at("clock"), "checkpoint: 'clock'");
  const std::vector<Real>& state = memory.at("state");
  const Real high = clock.real(), low = clock.real(), stepper_time = clock.real();
  clock_ = Clock(high, low);
  steps_ = clock.integer();
  standstill_ = clock.integer();
  shortest_ = infinite(clock.real());
  aims_at_end_ = clock.boolean();
  clock.finish();
  restore_charts(memory.at("charts"));
  const Vector x = Eigen::Map<const Vector>(state.data(), static_cast<Index>(state.size()));
  if (options_.polar != nullptr && options_.polar->is_polar(x) != in_polar_)
    throw InputError(
        fmt::format("checkpoint: 'state': {} numbers, which is the state of another chart than "
                    "'charts' says",
                    x.size()));
  restore_standstill(memory.at("standstill"));
  stepper().restore(x, stepper_time, memory.at("stepper"));
  detector_.restore(memory.at("events"));
}

Outcome Integration::run(Observer& observer) {
  Outcome outcome;
  try {
    while (true) {
      if (options_.interrupt && options_.interrupt->load()) return finish(Stop::interrupted);
      if (steps_ >= options_.max_steps) return finish(Stop::step_limit);
      if (!step(observer, outcome)) return outcome;
      set_clock_back();
      change_chart();
      if (options_.between_steps) options_.between_steps();
    }
  } catch (const StepFailure& failure) {
    return finish(failure.reason(), failure.what());
  } catch (const EventError& failure) {
    return finish(Stop::nonfinite, failure.what());
  } catch (const NumericalError& failure) {  // of an observer or a callback, or a decomposition
    return finish(Stop::numerical_error, failure.what());
  }
}

Real first_step(const System& system, const Vector& x0, Real rtol) {
  Vector rate(x0.size());
  system(x0, rate, 0);
  const Index n = x0.size() - system.quadratures();
  const Real speed = rate.head(n).norm();
  if (!(speed > 0) || !std::isfinite(speed)) return 1;
  return std::pow(rtol, kFirstStepPower) / kFirstStepPart * x0.head(n).norm() / speed;
}

}  // namespace saddleflow
