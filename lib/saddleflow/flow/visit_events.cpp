#include "saddleflow/flow/visit_events.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace saddleflow {

namespace {

// Within one close visit a further minimum of r counts when it is this much deeper: ripples of a few per cent
// are none.
constexpr Real kDeeper = Real(0.5);
// In a dip, which is shallow itself, this much: what is less the ends of the steps show.
constexpr Real kDeeperInDip = Real(0.9);
// A checkpoint holds finite numbers only: the largest one stands for infinity.
constexpr Real kLargestNumber = std::numeric_limits<Real>::max();

/// What the events of one flow share. They hold it together.
class Visits {
 public:
  Visits(const VisitEventOptions& options, Probe& probe, std::shared_ptr<VisitState> state)
      : options_(options), probe_(probe), state_(std::move(state)) {}

  void start(const Observables& initial) {
    state_->farthest = state_->last = initial.proximity;
    if (!options_.visit_at_start || !(initial.proximity < rule().enter)) return;
    begin(initial.proximity, initial.loss);
    state_->close = true;
    state_->located = kLargestNumber;
  }

  const VisitRule& rule() const { return options_.rule; }
  VisitState& state() const { return *state_; }
  Real proximity(const Vector& x) { return probe_.proximity(x); }

  void enter(const Vector& x) {
    if (!state_->dip) begin(x);
    state_->close = true;
    state_->located = kLargestNumber;
  }
  void begin(const Vector& x) { begin(proximity(x), loss_if_asked(x)); }

  /// Negative where r still falls, or a minimum would not be reported. "Still falling" also where it would
  /// mean nothing, so that leaving the noise counts as a minimum.
  Real turning(const Vector& x, Real part_of_last) {
    const Real r = proximity(x);
    return r > kProximityNoise && r < part_of_last * state_->located ? probe_.proximity_rate(x) : Real(-1);
  }
  void turn(const Vector& x) {
    state_->located = proximity(x);
    approach(x);
    state_->turned = true;
  }

  /// Negative where r falls, between two visits. A maximum matters for the level of the next dip only where
  /// it is low; "still rising" above, so that falling from there to here counts as a maximum.
  Real falling(const Vector& x) {
    return proximity(x) < rule().prominence * rule().shallowest ? probe_.proximity_rate(x) : Real(1);
  }
  void note_farthest(const Vector& x) { state_->farthest = std::max(state_->farthest, proximity(x)); }

  Real overdue(const Vector& x) {
    return rule().overdue(state_->close, state_->nearest, state_->nearest_loss, proximity(x),
                          loss_if_asked(x));
  }
  void leave(const Vector& x) {
    state_->close = state_->dip = state_->turned = false;
    state_->farthest = state_->last = proximity(x);
    state_->growth = 1;
    state_->slowing = false;
    ++state_->leaves;
  }
  bool stops() const { return options_.leaves_terminal > 0 && state_->leaves >= options_.leaves_terminal; }

  void end_step(const Vector& x) {
    const Real r = proximity(x);
    if (!state_->dip) {
      state_->farthest = std::max(state_->farthest, r);
      note_growth(r);
    } else if (r > state_->nearest) {
      state_->turned = true;
    } else {
      approach(x);
    }
  }

 private:
  // Less than half as fast as in the step before, by logarithms: exponential growth never is.
  void note_growth(Real r) {
    const Real growth = state_->last > 0 ? r / state_->last : Real(1);
    state_->slowing = growth >= 1 && growth * growth < state_->growth;
    state_->growth = std::min(growth, kLargestNumber);
    state_->last = r;
  }
  void begin(Real r, Real loss) {
    state_->dip = true;
    state_->turned = false;
    state_->located = kLargestNumber;
    state_->nearest = r;
    state_->nearest_loss = loss;
  }
  void approach(const Vector& x) {
    const Real r = proximity(x);
    if (!(r < state_->nearest)) return;
    state_->nearest = r;
    state_->nearest_loss = loss_if_asked(x);
  }
  Real loss_if_asked(const Vector& x) { return rule().kinked ? probe_.loss(x) : Real(0); }

  VisitEventOptions options_;
  Probe& probe_;
  std::shared_ptr<VisitState> state_;
};

using Shared = std::shared_ptr<Visits>;

Event make_enter(const Shared& visits) {
  Event event;
  event.direction = Direction::falling;
  event.function = [visits](const Vector& x) { return visits->proximity(x) - visits->rule().enter; };
  event.armed = [visits] { return !visits->state().close; };
  event.on_fire = [visits](const EventHit&, const Vector& x) { visits->enter(x); };
  return event;
}

Event make_closest(const Shared& visits) {
  Event event;
  event.direction = Direction::rising;
  event.function = [visits](const Vector& x) { return visits->turning(x, kDeeper); };
  event.armed = [visits] { return visits->state().close; };
  event.on_fire = [visits](const EventHit&, const Vector& x) { visits->turn(x); };
  return event;
}

Event make_leave(const Shared& visits) {
  Event event;
  event.direction = Direction::rising;
  event.function = [visits](const Vector& x) { return visits->overdue(x); };
  event.armed = [visits] {
    const VisitState& state = visits->state();
    return state.close || (state.dip && state.turned);
  };
  event.on_fire = [visits](const EventHit&, const Vector& x) { visits->leave(x); };
  event.stop = [visits] { return visits->stops(); };
  event.at_step_end = [visits](const Vector& x) { visits->end_step(x); };
  return event;
}

Event make_dip_farthest(const Shared& visits) {
  Event event;
  event.direction = Direction::falling;
  event.function = [visits](const Vector& x) { return visits->falling(x); };
  event.armed = [visits] { return !visits->state().dip && visits->state().slowing; };
  event.on_fire = [visits](const EventHit&, const Vector& x) { visits->note_farthest(x); };
  return event;
}

Event make_dip_begin(const Shared& visits) {
  Event event;
  event.direction = Direction::falling;
  event.function = [visits](const Vector& x) {
    return visits->proximity(x) - visits->rule().dip_level(visits->state().farthest);
  };
  event.armed = [visits] { return !visits->state().dip; };
  event.on_fire = [visits](const EventHit&, const Vector& x) { visits->begin(x); };
  return event;
}

Event make_dip_closest(const Shared& visits) {
  Event event;
  event.direction = Direction::rising;
  event.function = [visits](const Vector& x) { return visits->turning(x, kDeeperInDip); };
  event.armed = [visits] { return visits->state().dip && !visits->state().close; };
  event.on_fire = [visits](const EventHit&, const Vector& x) { visits->turn(x); };
  return event;
}

}  // namespace

void VisitState::save(MemoryWriter& memory) const {
  for (const bool flag : {close, dip, turned, slowing}) memory.add(flag);
  memory.add(leaves);
  for (const Real value : {located, nearest, nearest_loss, farthest, last, growth})
    memory.add(std::min(value, kLargestNumber));
}

void VisitState::load(MemoryReader& memory) {
  for (bool* flag : {&close, &dip, &turned, &slowing}) *flag = memory.boolean();
  leaves = static_cast<int>(memory.integer());
  for (Real* value : {&located, &nearest, &nearest_loss, &farthest, &last, &growth}) *value = memory.real();
}

std::vector<KindOfEvent> make_visit_events(const VisitEventOptions& options, Probe& probe,
                                           const Observables& initial,
                                           const std::shared_ptr<VisitState>& state) {
  const auto visits = std::make_shared<Visits>(options, probe, state);
  visits->start(initial);
  const auto r = [visits](const Vector& x) { return visits->proximity(x); };
  std::vector<KindOfEvent> events{{EventKind::saddle_enter, make_enter(visits), r},
                                  {EventKind::saddle_closest, make_closest(visits), r},
                                  {EventKind::saddle_leave, make_leave(visits), r}};
  if (options.rule.finds_dips()) {
    events.push_back({EventKind::dip_farthest, make_dip_farthest(visits), r});
    events.push_back({EventKind::dip_begin, make_dip_begin(visits), r});
    events.push_back({EventKind::dip_closest, make_dip_closest(visits), r});
  }
  return events;
}

}  // namespace saddleflow
