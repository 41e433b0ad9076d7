#include "saddleflow/integrate/flow_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace saddleflow {

namespace {

// Looks inside a step where the function needs the weights only.
constexpr int kCheapInteriorPoints = 7;
// Below this r is rounding noise and has no meaningful minimum.
constexpr Real kNoise = 1000 * std::numeric_limits<Real>::epsilon();
// Within one visit a further minimum of r counts when it is this much deeper.
constexpr Real kDeeper = Real(0.5);

class Builder {
 public:
  Builder(const FlowEventOptions& options, Probe& probe, const Observables& initial)
      : options_(options), probe_(probe), initial_(initial) {
    result_.visit = std::make_shared<VisitState>();
  }

  FlowEvents build() {
    for (EscapeBy by : options_.escape) add_escape(by);
    if (options_.saddles) add_saddle_visits();
    for (const LevelOptions& level : options_.levels) add_level(level);
    if (options_.steady) add_steady();
    return std::move(result_);
  }

 private:
  void add(std::string kind, Event event) {
    event.name = kind;
    result_.kinds.push_back(std::move(kind));
    result_.events.push_back(std::move(event));
  }

  static auto proximity_below(Probe& probe, Real threshold) {
    return [&probe, threshold, o = Observables()](const Vector& x) mutable {
      probe.observe(x, o);
      return o.proximity - threshold;
    };
  }

  void add_escape(EscapeBy by) {
    Event event;
    event.terminal = options_.escape_terminal;
    Probe& probe = probe_;
    if (by == EscapeBy::loss) {
      const Real level = (1 - options_.escape_fraction) * initial_.loss;
      event.direction = Direction::falling;
      event.function = [&probe, level](const Vector& x) {
        return probe.flow().objective().value(probe.flow().weights(x)) - level;
      };
      add("escape_loss", std::move(event));
    } else if (by == EscapeBy::norm) {
      const Real level = options_.escape_norm;
      event.direction = Direction::rising;
      event.interior_points = kCheapInteriorPoints;
      event.function = [level](const Vector& x) { return x.head(x.size() - 1).norm() - level; };
      add("escape_norm", std::move(event));
    } else {
      const Real level = options_.escape_angle;
      event.direction = Direction::falling;
      event.function = [&probe, level](const Vector& x) { return probe.misalignment(x) - level; };
      add("escape_direction", std::move(event));
    }
  }

  void add_saddle_visits() {
    const std::shared_ptr<VisitState> visit = result_.visit;
    Probe& probe = probe_;
    Event enter;
    enter.direction = Direction::falling;
    enter.function = proximity_below(probe, options_.saddle_enter);
    enter.armed = [visit] { return !visit->inside; };
    enter.on_fire = [visit](const EventHit&, const Vector&) {
      visit->inside = true;
      visit->closest = std::numeric_limits<Real>::max();
    };
    add("saddle_enter", std::move(enter));

    Event closest;
    closest.direction = Direction::rising;
    closest.function = [&probe, visit, o = Observables()](const Vector& x) mutable {
      probe.observe(x, o);
      // "Still approaching" where a minimum would mean nothing, so that leaving the noise counts as one.
      const bool worth_it = o.proximity > kNoise && o.proximity < kDeeper * visit->closest;
      return worth_it ? probe.proximity_rate(x) : Real(-1);
    };
    closest.armed = [visit] { return visit->inside; };
    closest.on_fire = [&probe, visit](const EventHit&, const Vector& x) {
      Observables o;
      probe.observe(x, o);
      visit->closest = o.proximity;
    };
    add("saddle_closest", std::move(closest));

    Event leave;
    leave.direction = Direction::rising;
    leave.function = proximity_below(probe, options_.saddle_leave);
    leave.armed = [visit] { return visit->inside; };
    const int stop_at = options_.saddle_leaves_terminal;
    leave.on_fire = [visit](const EventHit&, const Vector&) {
      visit->inside = false;
      ++visit->leaves;
    };
    leave.stop = [visit, stop_at] { return stop_at > 0 && visit->leaves >= stop_at; };
    add("saddle_leave", std::move(leave));
  }

  void add_level(const LevelOptions& level) {
    const Quantity quantity(level.quantity, probe_.flow().objective().network(), "events.level.quantity");
    Event event;
    event.direction = level.direction;
    event.terminal = level.terminal;
    event.cooldown = level.cooldown;
    event.interior_points = quantity.is_cheap() ? kCheapInteriorPoints : 0;
    Probe& probe = probe_;
    event.function = [&probe, quantity, value = level.value, o = Observables()](const Vector& x) mutable {
      probe.observe(x, o);
      return quantity.of(o) - value;
    };
    add(fmt::format("level:{}={:g}", level.quantity, static_cast<double>(level.value)), std::move(event));
  }

  void add_steady() {
    Event event;
    event.direction = Direction::falling;
    event.terminal = options_.steady_terminal;
    event.function = proximity_below(probe_, options_.steady_threshold);
    add("steady", std::move(event));
  }

  const FlowEventOptions& options_;
  Probe& probe_;
  const Observables& initial_;
  FlowEvents result_;
};

}  // namespace

FlowEvents make_flow_events(const FlowEventOptions& options, Probe& probe, const Observables& initial) {
  return Builder(options, probe, initial).build();
}

}  // namespace saddleflow
