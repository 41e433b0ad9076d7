#include "saddleflow/flow/flow_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/flow/origin_gradient.hpp"

namespace saddleflow {

namespace {

// Below this r is rounding noise and has no meaningful minimum: a gradient is what sums through all layers
// and over all samples leave of one another.
constexpr Real kNoise = 1000 * std::numeric_limits<Real>::epsilon();
// Within one visit a further minimum of r counts when it is this much deeper: ripples of a few per cent are
// none.
constexpr Real kDeeper = Real(0.5);

// The origin has been left where so much of the gradient is not that of the correlation function: its KKT
// points, which a settled direction is near, are then no longer those of the flow. A tenth, as the loss by
// default.
constexpr Real kDeparted = Real(0.1);

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
    for (const Event& event : options_.own) add_own(event);
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

  void add(EventKind kind, Event event, Value value, Real threshold) {
    add(std::string(name_of(kind)), std::move(event), std::move(value), threshold);
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
    switch (by) {
      case EscapeBy::loss: {
        event.direction = Direction::falling;
        const auto loss = [&probe](const Vector& x) { return probe.loss(x); };
        return add(EventKind::escape_loss, std::move(event), loss,
                   (1 - options_.escape_fraction) * initial_.loss);
      }
      case EscapeBy::norm: {
        event.direction = Direction::rising;
        event.every_crossing = true;
        event.unit = options_.escape_norm;
        const auto norm = [&probe](const Vector& x) { return std::exp(probe.log_norm(x)); };
        return add(EventKind::escape_norm, std::move(event), norm, options_.escape_norm);
      }
      case EscapeBy::direction:
        return add_direction_settled(std::move(event));
    }
  }

  // Near the origin only: w and -grad L are parallel near many saddles too. The function is the largest of
  // three, so that leaving the origin is no crossing to be reported, and the first is cheap.
  void add_direction_settled(Event event) {
    Probe& probe = probe_;
    const auto sine = [&probe](const Vector& x) { return probe.misalignment(x); };
    const auto origin = std::make_shared<OriginGradient>(probe.flow().objective());
    const Real angle = options_.escape_angle, kept = 1 - options_.escape_fraction, unit = initial_.loss;
    event.direction = Direction::falling;
    event.every_crossing = true;
    event.unit = 1;
    event.function = [=, &probe](const Vector& x) {
      const Real unsettled = sine(x) - angle;
      if (unsettled > 0) return unsettled;
      const Real fallen = unit > 0 ? kept - probe.loss(x) / unit : Real(-1);
      return std::max({unsettled, fallen, origin->departure(probe.weights(x)) - kDeparted});
    };
    add(EventKind::direction_settled, std::move(event), sine, angle);
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
    add(EventKind::saddle_enter, std::move(enter), proximity(), options_.saddle_enter);
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
    add(EventKind::saddle_leave, std::move(leave), proximity(), options_.saddle_leave);
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
    add(EventKind::saddle_closest, std::move(closest), proximity(), 0);
  }

  void add_level(const LevelOptions& level) {
    const Quantity quantity(level.quantity, probe_.flow().objective().network(), "events.level.quantity");
    Event event;
    event.direction = level.direction;
    event.terminal = level.terminal;
    event.cooldown = level.cooldown;
    // The loss falls along every flow and crosses a level once.
    event.every_crossing = quantity.needs() != Quantity::Needs::loss;
    event.unit = std::abs(level.value);
    add(level_name(level), std::move(event), level_value(quantity), level.value);
  }

  Value level_value(const Quantity& quantity) {
    Probe& probe = probe_;
    if (quantity.needs() == Quantity::Needs::loss) return [&probe](const Vector& x) { return probe.loss(x); };
    if (quantity.needs() == Quantity::Needs::weights)
      return [&probe, quantity](const Vector& x) {
        return quantity.of_weights(probe.flow().objective().network(), probe.weights(x));
      };
    return [&probe, quantity, o = Observables()](const Vector& x) mutable {
      probe.observe(x, o);
      return quantity.of(o);
    };
  }

  // All digits of the value: two levels have two names. Equal values are told apart by their directions.
  std::string level_name(const LevelOptions& level) const {
    std::string name =
        fmt::format("{}:{}={}", name_of(EventKind::level), level.quantity, static_cast<double>(level.value));
    if (!is_taken(name)) return name;
    name += fmt::format(":{}", name_of(level.direction));
    if (is_taken(name))
      throw InputError(fmt::format("events.level: found {} = {} twice in one direction", level.quantity,
                                   static_cast<double>(level.value)));
    return name;
  }

  bool is_taken(const std::string& kind) const {
    return std::ranges::find(result_.kinds, kind) != result_.kinds.end();
  }

  void add_steady() {
    Event event;
    event.direction = Direction::falling;
    event.terminal = options_.steady_terminal;
    add(EventKind::steady, std::move(event), proximity(), options_.steady_threshold);
  }

  void add_own(Event event) {
    if (event.name.empty() || event_kind_of(event.name) || is_taken(event.name))
      throw InputError(
          fmt::format("events: found \"{}\" as the name of an event of one's own, expected one that is not "
                      "empty, not taken, and no kind of the library's",
                      event.name));
    if (!event.function) throw InputError(fmt::format("events: \"{}\" has no function", event.name));
    Probe& probe = probe_;
    const Value value = [&probe, function = std::move(event.function)](const Vector& x) {
      return function(probe.weights(x));
    };
    event.function = value;
    if (event.on_fire)
      event.on_fire = [&probe, on_fire = std::move(event.on_fire)](const EventHit& hit, const Vector& x) {
        on_fire(hit, probe.weights(x));
      };
    std::string name = event.name;
    add(std::move(name), std::move(event), value, 0);
  }

  const FlowEventOptions& options_;
  Probe& probe_;
  const Observables& initial_;
  FlowEvents result_;
};

}  // namespace

EventKind FlowEvents::kind_of(std::size_t event) const {
  const std::optional<EventKind> kind = event_kind_of(kinds.at(event));
  if (!kind) throw std::logic_error("flow events: " + kinds[event] + " is the name of no kind");
  return *kind;
}

FlowEvents make_flow_events(const FlowEventOptions& options, Probe& probe, const Observables& initial) {
  return Builder(options, probe, initial).build();
}

}  // namespace saddleflow
