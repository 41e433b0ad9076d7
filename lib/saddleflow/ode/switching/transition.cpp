#include "saddleflow/ode/switching/transition.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace saddleflow {
namespace {

class Resolution {
 public:
  Resolution(SwitchedSystem& system, const Vector& x, const std::vector<Index>& hit, Entry entry)
      : system_(system), x_(x), arriving_(entry == Entry::arriving), before_(system.mode()), mode_(before_) {
    for (const Index k : hit)
      if (before_.side(k) != Side::sliding) try_side(k, before_.side(k));
    // On its way to the far side: what the near one says is known.
    if (arriving_)
      for (const auto& [k, tried] : std::map<Index, int>(sides_tried_)) flip(k);
    release_hit(hit);
  }

  Transition run() {
    // Mostly one or two changes; several surfaces of one neuron may go round in circles that way.
    for (int round = 0; round < kSimpleRounds; ++round) {
      system_.set_mode(mode_);
      if (!amend(round == 0 ? Round::first : Round::later)) return conclude();
    }
    for (int round = 0; round < kLeastNormRounds; ++round) {
      if (!take_least_norm()) break;
      system_.set_mode(mode_);
      if (is_consistent()) return conclude();
      flip_repelled();
    }
    system_.set_mode(before_);
    Transition failed;
    failed.resolved = false;
    failed.failure = "sides and slopes contradict one another";
    return failed;
  }

 private:
  enum class Round { first, later };
  static constexpr int kBelow = 1, kAbove = 2;
  // Each round makes a change or two, and few surfaces meet in one: more rounds are the same changes again.
  // By judgement; beyond them the search is given up, and the integration stops by name.
  static constexpr int kSimpleRounds = 12, kLeastNormRounds = 8;

  void try_side(Index k, Side side) { sides_tried_[k] |= side == Side::above ? kAbove : kBelow; }

  void put(Index k, Side side) {
    mode_.set(k, side);
    try_side(k, side);
  }

  void flip(Index k) { put(k, mode_.side(k) == Side::above ? Side::below : Side::above); }

  /// Sliding ones are hit when their slopes reach a bound.
  void release_hit(const std::vector<Index>& hit) {
    if (before_.sliding.empty()) return;
    system_.slopes(x_, slopes_);
    for (std::size_t c = 0; c < before_.sliding.size(); ++c) {
      const Index k = before_.sliding[c];
      if (std::find(hit.begin(), hit.end(), k) == hit.end()) continue;
      const bool high = 2 * slopes_[static_cast<Index>(c)] > system_.low() + system_.high();
      put(k, high ? Side::above : Side::below);
      released_.insert(k);
    }
  }

  Real rate_tolerance(Index k) const { return released_.count(k) > 0 ? kReleaseTolerance : kRateTolerance; }

  /// Changes what is not consistent; false when everything is. One at a time: whether a side can be had
  /// depends on where the others are. Only those that arrived together have left together, and both their
  /// sides are known after the first look.
  bool amend(Round round) {
    if (release_one()) return true;
    moving_.clear();
    for (const auto& [k, tried] : sides_tried_)
      if (mode_.side(k) != Side::sliding) moving_.push_back(k);
    system_.rates(x_, moving_, rate_, unit_);
    bool amended = false;
    for (std::size_t c = 0; c < moving_.size(); ++c) {
      const Index k = moving_[c];
      const Real outwards = rate_[static_cast<Index>(c)] * static_cast<Real>(mode_.side(k));
      if (outwards >= -rate_tolerance(k) * unit_[static_cast<Index>(c)]) continue;
      const bool together = round == Round::first && arriving_;
      if (k == last_flipped_ || (together && sides_tried_[k] == (kBelow | kAbove))) {
        mode_.set(k, Side::sliding);
        last_flipped_ = -1;
      } else {
        flip(k);
        last_flipped_ = k;
      }
      amended = true;
      if (!together) return true;
    }
    return amended;
  }

  /// All attractive surfaces that x is on together: the velocity of least norm says what each does. One that
  /// repels is passed, on the side where the mode has it.
  bool take_least_norm() {
    touched_ = mode_.sliding;
    for (const auto& [k, tried] : sides_tried_)
      if (mode_.side(k) != Side::sliding) touched_.push_back(k);
    std::sort(touched_.begin(), touched_.end());
    const Mode chosen = mode_;
    for (const Index k : touched_) mode_.set(k, Side::sliding);
    system_.set_mode(mode_);
    Vector attraction;
    if (!system_.least_norm(x_, slopes_, attraction)) return false;
    for (std::size_t c = 0; c < touched_.size(); ++c)
      if (attraction[static_cast<Index>(c)] <= 0 && chosen.side(touched_[c]) != Side::sliding)
        mode_.set(touched_[c], chosen.side(touched_[c]));
    const std::vector<Index> free = mode_.sliding;
    system_.set_mode(mode_);
    system_.least_norm(x_, slopes_, attraction);
    const Real slack = kSlopeTolerance * (system_.high() - system_.low());
    for (std::size_t c = 0; c < free.size(); ++c) {
      const Real slope = slopes_[static_cast<Index>(c)];
      if (slope >= system_.high() - slack) put(free[c], Side::above);
      if (slope <= system_.low() + slack) put(free[c], Side::below);
    }
    return true;
  }

  bool is_consistent() {
    Mode kept = mode_;
    const bool consistent = !amend(Round::later);
    mode_ = std::move(kept);
    return consistent;
  }

  // What does not fit the least norm is passed on the other side.
  void flip_repelled() {
    for (std::size_t c = 0; c < moving_.size(); ++c) {
      const Real outwards = rate_[static_cast<Index>(c)] * static_cast<Real>(mode_.side(moving_[c]));
      if (outwards < -rate_tolerance(moving_[c]) * unit_[static_cast<Index>(c)]) flip(moving_[c]);
    }
  }

  /// A sliding switch whose slope is outside leaves to that side.
  bool release_one() {
    system_.slopes(x_, slopes_);
    const Real slack = kSlopeTolerance * (system_.high() - system_.low());
    for (std::size_t c = 0; c < mode_.sliding.size(); ++c) {
      const Real slope = slopes_[static_cast<Index>(c)];
      if (slope >= system_.low() - slack && slope <= system_.high() + slack) continue;
      put(mode_.sliding[c], slope > system_.high() ? Side::above : Side::below);
      last_flipped_ = -1;
      return true;
    }
    return false;
  }

  Transition conclude() {
    Transition result;
    result.changes = changes_between(before_, mode_);
    for (const auto& [k, tried] : sides_tried_)
      if (mode_.side(k) != Side::sliding)
        result.departures.push_back({k, departure_order(k, before_.side(k))});
    if (!arriving_) find_branching(result);
    return result;
  }

  /// Those that could as well have left by the upper side.
  void find_branching(Transition& result) {
    for (const auto& [k, tried] : sides_tried_) {
      if (mode_.side(k) != Side::below || before_.side(k) != Side::below) continue;
      mode_.set(k, Side::above);
      system_.set_mode(mode_);
      system_.rates(x_, {k}, rate_, unit_);
      if (rate_[0] > kRateTolerance * unit_[0]) result.branching.push_back(k);
      mode_.set(k, Side::below);
    }
    system_.set_mode(mode_);
  }

  int departure_order(Index k, Side from) const {
    if (from != Side::sliding) return 1;
    const auto at = std::find(moving_.begin(), moving_.end(), k) - moving_.begin();
    return std::abs(rate_[at]) <= kReleaseTolerance * unit_[at] ? 2 : 1;
  }

  SwitchedSystem& system_;
  const Vector& x_;
  bool arriving_;
  const Mode before_;
  Mode mode_;
  std::map<Index, int> sides_tried_;
  std::set<Index> released_;  // by a slope at its bound
  Index last_flipped_ = -1;
  std::vector<Index> moving_, touched_;
  Vector slopes_, rate_, unit_;
};

/// What the system decided, with how the switches leave that it has moved. One that was hit and keeps its
/// side leaves its surface, too: its value there is rounding.
Transition follow(SwitchedSystem& system, const Vector& x, const Mode& before, const std::vector<Index>& hit,
                  const Decision& decision) {
  Transition result;
  result.resolved = decision.resolved;
  result.failure = decision.failure;
  if (!decision.resolved) {
    system.set_mode(before);
    return result;
  }
  result.changes = changes_between(before, decision.mode);
  result.branching = decision.branching;
  result.sampled = decision.sampled;
  std::vector<Index> moving;
  for (const ModeChange& change : result.changes)
    if (change.side != Side::sliding) moving.push_back(change.index);
  for (const Index k : hit)
    if (decision.mode.side(k) != Side::sliding && decision.mode.side(k) == before.side(k))
      moving.push_back(k);
  Vector rate, unit;
  system.rates(x, moving, rate, unit);
  for (std::size_t c = 0; c < moving.size(); ++c) {
    const auto k = static_cast<Index>(c);
    const bool released =
        before.side(moving[c]) == Side::sliding && std::abs(rate[k]) <= kReleaseTolerance * unit[k];
    result.departures.push_back({moving[c], released ? 2 : 1});
  }
  return result;
}

}  // namespace

std::vector<ModeChange> changes_between(const Mode& before, const Mode& after) {
  std::vector<ModeChange> changes;
  for (std::size_t c = 0; c < after.sides.size(); ++c) {
    const Side from = before.sides[c], to = after.sides[c];
    if (to == from) continue;
    const auto kind = to == Side::sliding     ? ModeChangeKind::enter
                      : from == Side::sliding ? ModeChangeKind::release
                                              : ModeChangeKind::cross;
    changes.push_back({static_cast<Index>(c), kind, to});
  }
  return changes;
}

std::vector<Index> switches_at_zero(const Mode& before, const Mode& after, const std::vector<Index>& hit) {
  std::vector<Index> list = before.sliding;
  list.insert(list.end(), hit.begin(), hit.end());
  for (const ModeChange& change : changes_between(before, after)) list.push_back(change.index);
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

Transition resolve_transition(SwitchedSystem& system, const Vector& x, const std::vector<Index>& hit,
                              Entry entry) {
  const Mode before = system.mode();
  const auto decision = system.decide(x, hit, entry);
  Transition result =
      decision ? follow(system, x, before, hit, *decision) : Resolution(system, x, hit, entry).run();
  if (!result.resolved || (decision && decision->checked)) return result;
  result.failure = system.contradiction(x, switches_at_zero(before, system.mode(), hit));
  result.resolved = result.failure.empty();
  if (!result.resolved) system.set_mode(before);
  return result;
}

}  // namespace saddleflow
