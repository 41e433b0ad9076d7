#include "saddleflow/switching/transition.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace saddleflow {
namespace {

// Rates and slopes are known to rounding, states on a surface to that of the search.
constexpr Real kRateTolerance = Real(1e-10);
constexpr Real kSlopeSlack = Real(1e-10);

class Resolution {
 public:
  Resolution(SwitchedSystem& system, const Vector& x, const std::vector<Index>& hit, bool arriving)
      : system_(system), x_(x), arriving_(arriving), before_(system.mode()), mode_(before_) {
    for (const Index k : hit)
      if (before_.side(k) != Side::sliding) try_side(k, before_.side(k));
    // On its way to the far side: what the near one says is known.
    if (arriving)
      for (const auto& [k, tried] : std::map<Index, int>(sides_tried_)) flip(k);
    std::vector<Index> all = hit;
    system_.add_dependents(x_, all);
    for (const Index k : all)
      if (before_.side(k) != Side::sliding) try_side(k, before_.side(k));
    release_hit(hit);
  }

  Transition run() {
    const int patience = 20 + 6 * static_cast<int>(sides_tried_.size() + mode_.sliding.size());
    for (int round = 0; round < patience; ++round) {
      system_.set_mode(mode_);
      // All at once first; singly when that goes round in circles.
      if (amend(round < 6)) continue;
      Transition result = conclude();
      if (!arriving_) find_ambiguous(result);
      return result;
    }
    Transition failed;
    failed.resolved = false;
    return failed;
  }

 private:
  static constexpr int kBelow = 1, kAbove = 2;

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
    }
  }

  /// Changes what is not consistent; false when everything is.
  bool amend(bool all) {
    bool amended = false;
    system_.slopes(x_, slopes_);
    const std::vector<Index> sliding = mode_.sliding;
    for (std::size_t c = 0; c < sliding.size(); ++c) {
      const Real slope = slopes_[static_cast<Index>(c)];
      const Real slack = kSlopeSlack * (system_.high() - system_.low());
      if (slope >= system_.low() - slack && slope <= system_.high() + slack) continue;
      put(sliding[c], slope > system_.high() ? Side::above : Side::below);
      amended = true;
      if (!all) return true;
    }
    if (amended) return true;
    moving_.clear();
    for (const auto& [k, tried] : sides_tried_)
      if (mode_.side(k) != Side::sliding) moving_.push_back(k);
    system_.rates(x_, moving_, rate_, unit_);
    for (std::size_t c = 0; c < moving_.size(); ++c) {
      const Index k = moving_[c];
      const Real outwards = rate_[static_cast<Index>(c)] * static_cast<Real>(mode_.side(k));
      if (outwards >= -kRateTolerance * unit_[static_cast<Index>(c)]) continue;
      if (sides_tried_[k] == (kBelow | kAbove))
        mode_.set(k, Side::sliding);
      else
        flip(k);
      amended = true;
      if (!all) return true;
    }
    return amended;
  }

  Transition conclude() {
    Transition result;
    for (const auto& [k, tried] : sides_tried_) {
      const Side from = before_.side(k), to = mode_.side(k);
      if (to != from) {
        const auto kind = to == Side::sliding     ? ModeChange::Kind::enter
                          : from == Side::sliding ? ModeChange::Kind::release
                                                  : ModeChange::Kind::cross;
        result.changes.push_back({k, kind, to});
      }
      if (to != Side::sliding) result.departures.push_back({k, departure_order(k, from)});
    }
    return result;
  }

  /// Those that could as well have left by the upper side.
  void find_ambiguous(Transition& result) {
    for (const auto& [k, tried] : sides_tried_) {
      if (mode_.side(k) != Side::below || before_.side(k) != Side::below) continue;
      mode_.set(k, Side::above);
      system_.set_mode(mode_);
      system_.rates(x_, {k}, rate_, unit_);
      if (rate_[0] > kRateTolerance * unit_[0]) result.ambiguous.push_back(k);
      mode_.set(k, Side::below);
    }
    system_.set_mode(mode_);
  }

  // A switch whose slope has just reached its bound leaves with z' = 0.
  int departure_order(Index k, Side from) const {
    if (from != Side::sliding) return 1;
    const auto at = std::find(moving_.begin(), moving_.end(), k) - moving_.begin();
    return std::abs(rate_[at]) <= Real(1e-6) * unit_[at] ? 2 : 1;
  }

  SwitchedSystem& system_;
  const Vector& x_;
  bool arriving_;
  const Mode before_;
  Mode mode_;
  std::map<Index, int> sides_tried_;
  std::vector<Index> moving_;
  Vector slopes_, rate_, unit_;
};

}  // namespace

Transition resolve_transition(SwitchedSystem& system, const Vector& x, const std::vector<Index>& hit,
                              bool arriving) {
  return Resolution(system, x, hit, arriving).run();
}

}  // namespace saddleflow
