#include "saddleflow/event/detector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/bracketed_root.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

constexpr Real kNever = -std::numeric_limits<Real>::max();

int sign_of(Real value) { return (value > 0) - (value < 0); }

}  // namespace

EventDetector::EventDetector(std::vector<Event> events)
    : events_(std::move(events)),
      signs_(events_.size(), 0),
      active_(events_.size(), 0),
      blind_until_(events_.size(), kNever) {}

Real EventDetector::value_at(std::size_t event, const Vector& x) const {
  const Real value = events_[event].function(x);
  if (std::isnan(value))
    throw NumericalError(
        fmt::format("event '{}': its function is NaN, expected a number", events_[event].name));
  return value;
}

int EventDetector::sign_at(std::size_t event, const Vector& x) const { return sign_of(value_at(event, x)); }

void EventDetector::start(const Vector& x) {
  for (std::size_t e = 0; e < events_.size(); ++e) {
    active_[e] = is_armed(e) ? 1 : 0;
    signs_[e] = active_[e] ? sign_at(e, x) : 0;
  }
}

bool EventDetector::matches(Direction direction, int before, int after) {
  const bool rising = before < 0 && after >= 0;
  const bool falling = before > 0 && after <= 0;
  return (rising && direction != Direction::falling) || (falling && direction != Direction::rising);
}

void EventDetector::look(std::size_t event, Real from, Real to, const Vector& x) {
  const int sign = sign_at(event, x);
  if (matches(events_[event].direction, signs_[event], sign))
    pending_.push_back({event, from, to, signs_[event]});
  signs_[event] = sign;
}

// Events are looked at together, point by point, so that functions of the same state share its evaluation.
void EventDetector::look_along(const Step& step) {
  int most = 0;
  for (std::size_t e = 0; e < events_.size(); ++e)
    if (active_[e]) most = std::max(most, events_[e].interior_points);
  const auto time_of = [&](int point) {
    return step.t0 + (step.t1 - step.t0) * static_cast<Real>(point) / static_cast<Real>(most + 1);
  };
  for (int point = 1; point <= most; ++point) {
    step.dense(time_of(point), x_);
    for (std::size_t e = 0; e < events_.size(); ++e)
      if (active_[e] && events_[e].interior_points > 0) look(e, time_of(point - 1), time_of(point), x_);
  }
  for (std::size_t e = 0; e < events_.size(); ++e)
    if (active_[e]) look(e, events_[e].interior_points > 0 ? time_of(most) : step.t0, step.t1, step.x1);
}

// After something has fired: follow the events that this armed from here to the end of the step, drop the
// others.
void EventDetector::update_armed(Real now, const Vector& x_now, const Step& step) {
  for (std::size_t e = 0; e < events_.size(); ++e) {
    const bool armed = is_armed(e);
    if (armed && !active_[e]) {
      signs_[e] = sign_at(e, x_now);
      if (now < step.t1) look(e, now, step.t1, step.x1);
    } else if (!armed && active_[e]) {
      signs_[e] = 0;
      std::erase_if(pending_, [e](const Crossing& c) { return c.event == e; });
      std::erase_if(located_, [e](const EventHit& h) { return h.event == e; });
    }
    active_[e] = armed ? 1 : 0;
  }
}

EventHit EventDetector::isolate(const Crossing& crossing, const Step& step) {
  EventHit hit;
  hit.event = crossing.event;
  hit.direction = crossing.before < 0 ? Direction::rising : Direction::falling;
  hit.time = crossing.right;
  const auto value = [&](Real t) {
    step.dense(t, x_);
    ++root_evaluations_;
    return value_at(crossing.event, x_);
  };
  // At the ends the dense output may differ from the state in the last bits: then the end itself is the root.
  const Real at_left = value(crossing.left);
  if (sign_of(at_left) != crossing.before) {
    hit.time = crossing.left;
    return hit;
  }
  const Real at_right = value(crossing.right);
  if (sign_of(at_right) == crossing.before || at_right == 0) return hit;
  const auto close = [&](Real a, Real b) { return std::abs(b - a) <= step.time_tolerance; };
  const auto [a, b] = bracketed_root(value, crossing.left, crossing.right, at_left, at_right, close);
  hit.time = b;  // the far end: the sign has changed there
  hit.time_error = std::abs(b - a);
  return hit;
}

Real EventDetector::flow_time(Real t, const Step& step) {
  if (!clock_) return t;
  step.dense(t, x_);
  return clock_(t, x_);
}

bool EventDetector::next_hit(Real now, const Step& step, EventHit& hit) {
  for (const Crossing& crossing : pending_) located_.push_back(isolate(crossing, step));
  pending_.clear();
  std::erase_if(located_, [&](const EventHit& h) {
    const Real blind = blind_until_[h.event];
    return h.time < now || (blind != kNever && flow_time(h.time, step) < blind);
  });
  if (located_.empty()) return false;
  const auto first = std::min_element(located_.begin(), located_.end(),
                                      [](const EventHit& a, const EventHit& b) { return a.time < b.time; });
  hit = *first;
  located_.erase(first);
  return true;
}

std::vector<EventHit> EventDetector::scan(Real t0, Real t1, const Vector& x1, const StateAt& dense,
                                          Real time_tolerance) {
  const Step step{t0, t1, x1, dense, time_tolerance};
  pending_.clear();
  located_.clear();
  look_along(step);
  std::vector<EventHit> hits;
  EventHit hit;
  Vector at_hit;
  for (Real now = t0; next_hit(now, step, hit);) {
    now = hit.time;
    const Event& event = events_[hit.event];
    blind_until_[hit.event] = event.cooldown > 0 ? flow_time(now, step) + event.cooldown : kNever;
    if (!std::isfinite(blind_until_[hit.event])) blind_until_[hit.event] = kNever;
    dense(now, at_hit);
    if (event.on_fire) event.on_fire(hit, at_hit);
    hit.terminal = event.terminal || (event.stop && event.stop());
    hits.push_back(hit);
    if (hit.terminal) break;
    update_armed(now, at_hit, step);
  }
  return hits;
}

void EventDetector::shift_time(Real shift) {
  for (Real& t : blind_until_)
    if (t != kNever) t = std::isfinite(shift) ? t - shift : kNever;
}

std::vector<Real> EventDetector::memory() const {
  std::vector<Real> memory{static_cast<Real>(root_evaluations_)};
  for (std::size_t e = 0; e < events_.size(); ++e) {
    memory.push_back(static_cast<Real>(signs_[e]));
    memory.push_back(static_cast<Real>(active_[e]));
    memory.push_back(blind_until_[e]);
  }
  return memory;
}

void EventDetector::restore(const std::vector<Real>& memory) {
  if (memory.size() != 1 + 3 * events_.size())
    throw InputError(fmt::format("event memory has {} numbers, expected {}: another list of events",
                                 memory.size(), 1 + 3 * events_.size()));
  root_evaluations_ = static_cast<long>(memory[0]);
  for (std::size_t e = 0; e < events_.size(); ++e) {
    signs_[e] = static_cast<int>(memory[1 + 3 * e]);
    active_[e] = memory[2 + 3 * e] != 0 ? 1 : 0;
    blind_until_[e] = memory[3 + 3 * e];
  }
}

}  // namespace saddleflow
