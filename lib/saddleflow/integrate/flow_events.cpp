#include "saddleflow/integrate/flow_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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
  using Value = std::function<Real(const Vector& x)>;

  // The event fires where `value` crosses `threshold`, unless it brings a function of its own.
  void add(std::string kind, Event event, Value value, Real threshold) {
    if (!event.function)
      event.function = [value, threshold](const Vector& x) { return value(x) - threshold; };
    event.name = kind;
    result_.kinds.push_back(std::move(kind));
    result_.events.push_back(std::move(event));
    result_.values.push_back(std::move(value));
  }

  Value proximity() {
    return [&probe = probe_, o = Observables()](const Vector& x) mutable {
      probe.observe(x, o);
      return o.proximity;
    };
  }

  void add_escape(EscapeBy by) {
    Event event;
    event.terminal = options_.escape_terminal;
    Probe& probe = probe_;
    if (by == EscapeBy::loss) {
      event.direction = Direction::falling;
      const auto loss = [&probe](const Vector& x) { return probe.loss(x); };
      add("escape_loss", std::move(event), loss, (1 - options_.escape_fraction) * initial_.loss);
    } else if (by == EscapeBy::norm) {
      event.direction = Direction::rising;
      event.interior_points = kCheapInteriorPoints;
      const auto norm = [&probe](const Vector& x) { return std::exp(probe.log_norm(x)); };
      add("escape_norm", std::move(event), norm, options_.escape_norm);
    } else {
      event.direction = Direction::falling;
      const auto sine = [&probe](const Vector& x) { return probe.misalignment(x); };
      add("direction_settled", std::move(event), sine, options_.escape_angle);
    }
  }

  void add_saddle_visits() {
    const std::shared_ptr<VisitState> visit = result_.visit;
    if (options_.visit_at_start && initial_.proximity < options_.saddle_enter) {
      visit->inside = true;
      visit->closest = std::numeric_limits<Real>::max();
    }
    Event enter;
    enter.direction = Direction::falling;
    enter.armed = [visit] { return !visit->inside; };
    enter.on_fire = [visit](const EventHit&, const Vector&) {
      visit->inside = true;
      visit->closest = std::numeric_limits<Real>::max();
    };
    add("saddle_enter", std::move(enter), proximity(), options_.saddle_enter);
    add_closest(visit);

    Event leave;
    leave.direction = Direction::rising;
    leave.armed = [visit] { return visit->inside; };
    leave.on_fire = [visit](const EventHit&, const Vector&) {
      visit->inside = false;
      ++visit->leaves;
    };
    const int stop_at = options_.saddle_leaves_terminal;
    leave.stop = [visit, stop_at] { return stop_at > 0 && visit->leaves >= stop_at; };
    add("saddle_leave", std::move(leave), proximity(), options_.saddle_leave);
  }

  void add_closest(const std::shared_ptr<VisitState>& visit) {
    Probe& probe = probe_;
    Event closest;
    closest.direction = Direction::rising;
    closest.function = [&probe, visit, r = proximity()](const Vector& x) {
      // "Still approaching" where a minimum would mean nothing, so that leaving the noise counts as one.
      const Real here = r(x);
      return here > kNoise && here < kDeeper * visit->closest ? probe.proximity_rate(x) : Real(-1);
    };
    closest.armed = [visit] { return visit->inside; };
    closest.on_fire = [visit, r = proximity()](const EventHit&, const Vector& x) { visit->closest = r(x); };
    add("saddle_closest", std::move(closest), proximity(), 0);
  }

  void add_level(const LevelOptions& level) {
    const Quantity quantity(level.quantity, probe_.flow().objective().network(), "events.level.quantity");
    Event event;
    event.direction = level.direction;
    event.terminal = level.terminal;
    event.cooldown = level.cooldown;
    event.interior_points = quantity.is_cheap() ? kCheapInteriorPoints : 0;
    const auto value = [&probe = probe_, quantity, o = Observables()](const Vector& x) mutable {
      probe.observe(x, o);
      return quantity.of(o);
    };
    add(fmt::format("level:{}={:g}", level.quantity, static_cast<double>(level.value)), std::move(event),
        value, level.value);
  }

  void add_steady() {
    Event event;
    event.direction = Direction::falling;
    event.terminal = options_.steady_terminal;
    add("steady", std::move(event), proximity(), options_.steady_threshold);
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
