#include "saddleflow/integrate/integration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

constexpr Real kEpsilon = std::numeric_limits<Real>::epsilon();
// The stepper's clock is set back when a step has become this small against it; far from rounding, and rare.
constexpr Real kSmallAgainstClock = Real(1) / Real(1 << 20);
// Steps too short for the absolute time are legitimate in a jump late in a run, but not for ever: a
// finite-time blow-up is approached without end.
constexpr std::int64_t kLongestStandstill = 10000;

}  // namespace

Integration::Integration(const System& system, Stepper& stepper, EventDetector& detector,
                         IntegrationOptions options)
    : system_(system), stepper_(stepper), detector_(detector), options_(std::move(options)) {
  dense_local_ = [this](Real t, Vector& x) { stepper_.calc_state(t, x); };
  dense_absolute_ = [this](Real t, Vector& x) { stepper_.calc_state(clock_.local(t), x); };
}

void Integration::start(const Vector& x0, Real first_step) {
  clock_ = Clock();
  steps_ = standstill_ = 0;
  stepper_.initialize(x0, 0, first_step);
  detector_.start(x0);
}

Memory Integration::memory() const {
  const Vector& x = stepper_.current_state();
  return {{"state", std::vector<Real>(x.data(), x.data() + x.size())},
          {"clock",
           {clock_.high(), clock_.low(), stepper_.current_time(), static_cast<Real>(steps_),
            static_cast<Real>(standstill_)}},
          {"stepper", stepper_.memory()},
          {"events", detector_.memory()}};
}

void Integration::restore(const Memory& memory) {
  for (const char* name : {"state", "clock", "stepper", "events"})
    if (!memory.contains(name)) throw InputError(fmt::format("checkpoint: '{}' is missing", name));
  const std::vector<Real>& clock = memory.at("clock");
  if (clock.size() != 5)
    throw InputError(fmt::format("checkpoint: 'clock' has {} numbers, expected 5", clock.size()));
  const std::vector<Real>& state = memory.at("state");
  clock_ = Clock(clock[0], clock[1]);
  steps_ = static_cast<std::int64_t>(clock[3]);
  standstill_ = static_cast<std::int64_t>(clock[4]);
  stepper_.restore(Eigen::Map<const Vector>(state.data(), static_cast<Index>(state.size())), clock[2],
                   memory.at("stepper"));
  detector_.restore(memory.at("events"));
}

// The last step ends on t_end exactly; the one before it is halved rather than leave a sliver.
void Integration::aim_at_end() {
  const Real left = clock_.local(options_.t_end) - stepper_.current_time();
  const Real h = stepper_.current_time_step();
  if (h >= left)
    stepper_.set_time_step(left);
  else if (h > left / 2)
    stepper_.set_time_step(left / 2);
}

void Integration::set_clock_back() {
  const Real t = stepper_.current_time();
  if (t - stepper_.previous_time() > t * kSmallAgainstClock) return;
  stepper_.shift_time(t);
  detector_.shift_time(t);
  clock_.advance(t);
}

Outcome Integration::finish(std::string reason, std::string message) const {
  return {std::move(reason), std::move(message), time(), stepper_.current_state()};
}

void Integration::watch_time(Real before, Real after) {
  standstill_ = after > before ? 0 : standstill_ + 1;
  if (standstill_ >= kLongestStandstill)
    throw StepFailure("step_underflow",
                      fmt::format("time stands still at {:.17g}: {} steps did not change it",
                                  static_cast<double>(after), standstill_));
}

// One step with its events; false when the run has ended, `outcome` then says how.
bool Integration::step(Observer& observer, Outcome& outcome) {
  aim_at_end();
  const auto [t0, t1] = stepper_.do_step(system_);
  ++steps_;
  const Vector& x1 = stepper_.current_state();
  const Real absolute = clock_.absolute(t1);
  watch_time(clock_.absolute(t0), absolute);
  const Real tolerance = std::max(options_.event_tolerance * (t1 - t0), kEpsilon * absolute);
  const std::vector<EventHit> hits = detector_.scan(t0, t1, x1, dense_local_, tolerance);
  Vector x;
  for (const EventHit& hit : hits) {
    stepper_.calc_state(hit.time, x);
    EventHit at = hit;
    at.time = clock_.absolute(hit.time);
    at.time_error = std::max(hit.time_error, kEpsilon * at.time);
    observer.on_event(at, x, dense_absolute_);
    if (!hit.terminal) continue;
    observer.on_step(
        {steps_, clock_.absolute(t0), at.time, hit.time - t0, stepper_.method(), x, dense_absolute_});
    outcome = {"event:" + detector_.events()[hit.event].name, "", at.time, x};
    return false;
  }
  const bool last = std::abs(options_.t_end - absolute) <= 4 * kEpsilon * options_.t_end;
  const Real t_seen = last ? options_.t_end : absolute;
  observer.on_step({steps_, clock_.absolute(t0), t_seen, t1 - t0, stepper_.method(), x1, dense_absolute_});
  if (last) {
    outcome = finish("reached_end");
    outcome.time = options_.t_end;
    return false;
  }
  return true;
}

Outcome Integration::run(Observer& observer) {
  Outcome outcome;
  try {
    while (true) {
      if (options_.interrupt && options_.interrupt->load()) return finish("interrupted");
      if (steps_ >= options_.max_steps) return finish("step_limit");
      if (!step(observer, outcome)) return outcome;
      set_clock_back();
      if (options_.between_steps) options_.between_steps();
    }
  } catch (const StepFailure& failure) {
    return finish(failure.reason(), failure.what());
  } catch (const NumericalError& failure) {  // an event function that is NaN
    return finish("nonfinite", failure.what());
  }
}

Real first_step(const System& system, const Vector& x0, Real rtol) {
  Vector rate(x0.size());
  system(x0, rate, 0);
  const Index n = x0.size() - system.quadratures();
  const Real speed = rate.head(n).norm();
  if (!(speed > 0) || !std::isfinite(speed)) return 1;
  return std::pow(rtol, Real(0.2)) / 10 * x0.head(n).norm() / speed;
}

}  // namespace saddleflow
