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
    make_visits();
    add_visits(true);
    for (const LevelOptions& level : options_.levels) add_level(level);
    if (options_.steady) add_steady();
    for (const Event& event : options_.own) add_own(event);
    add_visits(false);
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
    return [&probe = probe_](const Vector& x) { return probe.proximity(x); };
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
    require_homogeneous(probe.flow().objective().network(), "events.escape.by: direction");
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

  void make_visits() {
    if (!options_.saddles) return;
    VisitEventOptions visits;
    const Objective& objective = probe_.flow().objective();
    visits.rule = make_visit_rule(objective.network(), objective.loss(), options_.saddle_enter,
                                  options_.saddle_leave, options_.saddle_prominence);
    visits.leaves_terminal = options_.saddle_leaves_terminal;
    visits.visit_at_start = options_.visit_at_start;
    visits_ = make_visit_events(visits, probe_, initial_, result_.visit);
  }

  void add_visits(bool stored) {
    for (KindOfEvent& visit : visits_)
      if (is_stored(visit.kind) == stored)
        add(std::string(name_of(visit.kind)), std::move(visit.event), std::move(visit.value), 0);
  }

  void add_level(const LevelOptions& level) {
    const Quantity quantity(level.quantity, probe_.flow().objective().network(), "events.level.quantity");
    if (level.quantity == "balance_drift" && !probe_.flow().objective().decay().empty())
      throw InputError(
          "events.level.quantity: found balance_drift with flow.decay, where it depends on the time, "
          "expected "
          "another quantity");
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
        return quantity.of_weights(probe.flow().objective().network(), probe.recorded(x));
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
      return function(probe.recorded(x));
    };
    event.function = value;
    if (event.on_fire)
      event.on_fire = [&probe, on_fire = std::move(event.on_fire)](const EventHit& hit, const Vector& x) {
        on_fire(hit, probe.recorded(x));
      };
    std::string name = event.name;
    add(std::move(name), std::move(event), value, 0);
  }

  const FlowEventOptions& options_;
  Probe& probe_;
  const Observables& initial_;
  std::vector<KindOfEvent> visits_;
  FlowEvents result_;
};

}  // namespace

EventKind FlowEvents::kind_of(std::size_t event) const {
  const std::optional<EventKind> kind = event_kind_of(kinds.at(event));
  if (!kind) throw std::logic_error("flow events: " + kinds[event] + " is the name of no kind");
  return *kind;
}

std::size_t FlowEvents::stored_count() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(kinds, [](const std::string& kind) { return is_stored(event_kind_of(kind)); }));
}

FlowEvents make_flow_events(const FlowEventOptions& options, Probe& probe, const Observables& initial) {
  return Builder(options, probe, initial).build();
}

}  // namespace saddleflow
