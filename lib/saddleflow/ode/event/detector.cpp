#include "saddleflow/ode/event/detector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "saddleflow/base/bracketed_root.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/memory.hpp"
#include "saddleflow/ode/event/rough.hpp"

namespace saddleflow {

namespace {

constexpr Real kNever = -std::numeric_limits<Real>::max();

// A checkpoint holds finite numbers only: the largest one stands for infinity.
constexpr Real kLargestValue = std::numeric_limits<Real>::max();
// A sign is rounding below so many units in the last place of the numbers whose difference is taken: these
// are sums over weights or samples themselves.
constexpr Real kSignRounding = 100 * std::numeric_limits<Real>::epsilon();

int sign_of(Real value) { return (value > 0) - (value < 0); }

}  // namespace

EventDetector::EventDetector(std::vector<Event> events)
    : events_(std::move(events)),
      values_(events_.size(), 0),
      active_(events_.size(), 0),
      blind_until_(events_.size(), kNever) {}

Real EventDetector::value_at(std::size_t event, const Vector& x) const {
  const Real value = events_[event].function(x);
  if (std::isnan(value))
    throw EventError(fmt::format("event '{}': its function is NaN, expected a number", events_[event].name));
  return std::clamp(value, -kLargestValue, kLargestValue);
}

void EventDetector::start(const Vector& x) {
  for (std::size_t e = 0; e < events_.size(); ++e) {
    active_[e] = is_armed(e) ? 1 : 0;
    values_[e] = active_[e] ? value_at(e, x) : 0;
  }
}

bool EventDetector::matches(Direction direction, int before, int after) {
  const bool rising = before < 0 && after >= 0;
  const bool falling = before > 0 && after <= 0;
  return (rising && direction != Direction::falling) || (falling && direction != Direction::rising);
}

void EventDetector::note_crossings(std::size_t event, const std::vector<Look>& looks) {
  for (std::size_t i = 1; i < looks.size(); ++i) {
    const int before = sign_of(looks[i - 1].value);
    if (matches(events_[event].direction, before, sign_of(looks[i].value)))
      pending_.push_back({event, looks[i - 1].time, looks[i].time, before});
  }
  values_[event] = looks.back().value;
}

// From a time at which the values are known to the end of the step. Events are looked at together, point by
// point, so that functions of the same state share its evaluation.
void EventDetector::follow(const std::vector<std::size_t>& events, Real from, const Step& step) {
  std::vector<std::vector<Look>> looks;
  bool inside = false;
  for (const std::size_t e : events) {
    looks.push_back({{from, values_[e]}});
    inside = inside || events_[e].every_crossing;
  }
  for (const Real part : kFirstLooks) {
    if (!inside) break;
    const Real time = from + part * (step.t1 - from);
    step.dense(time, x_);
    for (std::size_t i = 0; i < events.size(); ++i)
      if (events_[events[i]].every_crossing) looks[i].push_back({time, value_at(events[i], x_)});
  }
  for (std::size_t i = 0; i < events.size(); ++i) looks[i].push_back({step.t1, value_at(events[i], step.x1)});
  if (inside) look_closer(events, looks, step);
  for (std::size_t i = 0; i < events.size(); ++i) note_crossings(events[i], looks[i]);
}

// Those whose first looks do not exclude a zero between them.
void EventDetector::look_closer(const std::vector<std::size_t>& events, std::vector<std::vector<Look>>& looks,
                                const Step& step) {
  std::vector<std::size_t> doubtful;
  for (std::size_t i = 0; i < events.size(); ++i)
    if (events_[events[i]].every_crossing && may_vanish(looks[i])) doubtful.push_back(i);
  if (doubtful.empty()) return;
  const auto value = [&](std::size_t i, Real time) -> Look {
    ++root_evaluations_;
    return {time, value_at(events[i], x_)};
  };
  const Real from = looks[doubtful.front()].front().time;
  const auto look_at = [&](std::span<const Real> parts, const std::vector<std::size_t>& which) {
    for (const Real part : parts) {
      const Real time = from + part * (step.t1 - from);
      step.dense(time, x_);
      for (const std::size_t i : which) looks[i].push_back(value(i, time));
    }
    for (const std::size_t i : which) std::ranges::sort(looks[i], {}, &Look::time);
  };
  look_at(kCloserLooks, doubtful);
  std::vector<std::size_t> rough;
  for (const std::size_t i : doubtful)
    if (is_rough(looks[i])) rough.push_back(i);
  if (!rough.empty()) look_at(kClosestLooks, rough);
  for (const std::size_t i : doubtful) {
    const auto function = [&](Real time) {
      step.dense(time, x_);
      return value(i, time).value;
    };
    looks[i] = looks_at_dips(std::move(looks[i]), function, kSignRounding * events_[events[i]].unit);
  }
}

// After something has fired: follow the events that this armed from here to the end of the step, drop the
// others.
void EventDetector::update_armed(Real now, const Vector& x_now, const Step& step) {
  for (std::size_t e = 0; e < events_.size(); ++e) {
    const bool armed = is_armed(e);
    if (armed && !active_[e]) {
      values_[e] = value_at(e, x_now);
      if (now < step.t1) follow({e}, now, step);
    } else if (!armed && active_[e]) {
      values_[e] = 0;
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
  std::vector<std::size_t> armed;
  for (std::size_t e = 0; e < events_.size(); ++e)
    if (active_[e]) armed.push_back(e);
  follow(armed, t0, step);
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
    if (hit.terminal) return hits;
    update_armed(now, at_hit, step);
  }
  end_step(step);
  return hits;
}

// What is remembered of a step may arm events for the next one.
void EventDetector::end_step(const Step& step) {
  bool told = false;
  for (const Event& event : events_) {
    if (!event.at_step_end) continue;
    event.at_step_end(step.x1);
    told = true;
  }
  if (told) update_armed(step.t1, step.x1, step);
}

void EventDetector::shift_time(Real shift) {
  for (Real& t : blind_until_)
    if (t != kNever) t = std::isfinite(shift) ? t - shift : kNever;
}

std::vector<Real> EventDetector::memory() const {
  MemoryWriter memory;
  memory.add(static_cast<std::int64_t>(root_evaluations_));
  for (std::size_t e = 0; e < events_.size(); ++e) {
    memory.add(values_[e]);
    memory.add(static_cast<bool>(active_[e]));
    memory.add(blind_until_[e]);
  }
  return memory.take();
}

void EventDetector::restore(const std::vector<Real>& memory) {
  if (memory.size() != 1 + 3 * events_.size())
    throw InputError(fmt::format("event memory has {} numbers, expected {}: another list of events",
                                 memory.size(), 1 + 3 * events_.size()));
  MemoryReader reader(memory, "event memory");
  root_evaluations_ = static_cast<long>(reader.integer());
  for (std::size_t e = 0; e < events_.size(); ++e) {
    values_[e] = reader.real();
    active_[e] = reader.boolean() ? 1 : 0;
    blind_until_[e] = reader.real();
  }
  reader.finish();
}

}  // namespace saddleflow
