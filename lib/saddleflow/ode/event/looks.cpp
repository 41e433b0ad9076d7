#include "saddleflow/ode/event/looks.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "saddleflow/base/least_value.hpp"
#include "saddleflow/ode/event/rough.hpp"

namespace saddleflow {

namespace {

// Parts of the interval between two looks at which the polynomial is read: no calls of the function. Close to
// the looks too, where a dip may begin right behind one.
constexpr std::array<Real, 14> kGrid{Real(0),   Real(1e-3), Real(1e-2), Real(0.05), Real(0.1),
                                     Real(0.2), Real(0.35), Real(0.5),  Real(0.65), Real(0.8),
                                     Real(0.9), Real(0.95), Real(0.99), Real(0.999)};
// An extremum by the polynomial is looked at where it comes this much nearer to zero than the looks beside
// it. At any other the function would have to be as far from the polynomial as that is from zero to vanish.
constexpr Real kNearer = Real(0.5);
// Of the variation of a function: what its interpolation may be off by before more looks are taken. By
// judgement: it costs six looks, and dips are still guessed in their places.
constexpr Real kRough = Real(0.05);
// A function may come nearer to zero between its first looks by so many times what these vary by: one that
// ripples within the step varies more than they show. By judgement: looks against what is still missed.
constexpr Real kReach = 3;
// Evaluations spent on one extremum at most; Brent takes about ten, and golden sections alone forty for the
// half of the digits that are asked for.
constexpr int kMostEvaluations = 40;

/// The polynomial through looks, by Lagrange's formula: there are ten at most.
Real interpolate(std::span<const Look> looks, Real time) {
  Real sum = 0;
  for (std::size_t i = 0; i < looks.size(); ++i) {
    Real term = looks[i].value;
    for (std::size_t j = 0; j < looks.size(); ++j)
      if (j != i) term *= (time - looks[j].time) / (looks[i].time - looks[j].time);
    sum += term;
  }
  return sum;
}

/// A point of the grid; `after`: the number of the last look at or before it.
struct GridPoint {
  Real time, value;
  std::size_t after;
  bool is_look;
};

std::vector<GridPoint> read_polynomial(std::span<const Look> looks) {
  std::vector<GridPoint> grid;
  for (std::size_t i = 0; i + 1 < looks.size(); ++i)
    for (const Real part : kGrid) {
      const Real time = looks[i].time + part * (looks[i + 1].time - looks[i].time);
      grid.push_back({time, part == 0 ? looks[i].value : interpolate(looks, time), i, part == 0});
    }
  grid.push_back(
      {.time = looks.back().time, .value = looks.back().value, .after = looks.size() - 1, .is_look = true});
  return grid;
}

/// A minimum or maximum of the polynomial, between the looks number `left` and `right`.
struct Extremum {
  Real time, value;
  int side;  ///< 1: a minimum, -1: a maximum
  std::size_t left, right;
};

std::vector<Extremum> extrema(std::span<const GridPoint> grid) {
  std::vector<Extremum> found;
  for (std::size_t g = 1; g + 1 < grid.size(); ++g) {
    const GridPoint& here = grid[g];
    const Real before = here.value - grid[g - 1].value, after = grid[g + 1].value - here.value;
    const int side = before < 0 && after >= 0 ? 1 : before > 0 && after <= 0 ? -1 : 0;
    if (side == 0) continue;
    found.push_back(
        {here.time, here.value, side, here.is_look ? here.after - 1 : here.after, here.after + 1});
  }
  return found;
}

/// The looks from `left` to `right` are all on the far side of an extremum that points towards zero, and the
/// polynomial comes near zero there.
bool may_dip(const Extremum& e, std::span<const Look> looks, Real error) {
  Real nearest = static_cast<Real>(e.side) * looks[e.left].value;
  for (std::size_t i = e.left; i <= e.right; ++i)
    nearest = std::min(nearest, static_cast<Real>(e.side) * looks[i].value);
  return nearest > 0 && static_cast<Real>(e.side) * e.value <= std::max(error, kNearer * nearest);
}

/// The function at its extremum, or at a point where it is beyond zero already.
std::optional<Look> find_dip(const Extremum& e, std::span<const Look> looks,
                             const std::function<Real(Real)>& function, Real noise) {
  const Real side = static_cast<Real>(e.side);
  std::optional<Look> beyond;
  const auto height = [&](Real time) {
    if (beyond) return side * beyond->value;  // nothing is asked any more
    const Real value = function(time);
    if (side * value < -noise) beyond = Look{time, value};
    return side * value;
  };
  // The guess first: mostly it is good enough.
  height(e.time);
  if (!beyond) least_value(height, looks[e.left].time, looks[e.right].time, kMostEvaluations);
  return beyond;
}

/// Two extrema between neighbouring looks of different sign: the function may cross zero three times there.
bool is_winding(std::size_t i, std::span<const Extremum> all, std::span<const Look> looks) {
  const Extremum& e = all[i];
  if (e.right != e.left + 1 || looks[e.left].value * looks[e.right].value >= 0) return false;
  return std::ranges::count_if(all,
                               [&](const Extremum& o) { return o.left == e.left && o.right == e.right; }) > 1;
}

}  // namespace

Real interpolation_error(std::span<const Look> looks) {
  std::vector<Look> second;
  for (std::size_t i = 0; i < looks.size(); i += 2) second.push_back(looks[i]);
  Real error = 0;
  for (std::size_t i = 1; i < looks.size(); i += 2)
    error = std::max(error, std::abs(interpolate(second, looks[i].time) - looks[i].value));
  return error;
}

bool is_rough(std::span<const Look> looks) {
  const auto [low, high] = std::ranges::minmax(looks, {}, &Look::value);
  return interpolation_error(looks) > kRough * (high.value - low.value);
}

bool may_vanish(std::span<const Look> looks) {
  Real least = std::abs(looks[0].value), low = looks[0].value, high = low;
  for (const Look& look : looks) {
    least = std::min(least, std::abs(look.value));
    low = std::min(low, look.value);
    high = std::max(high, look.value);
  }
  return least <= kReach * (high - low) && std::isfinite(high - low);
}

std::vector<Look> looks_at_dips(std::vector<Look> looks, const std::function<Real(Real)>& function,
                                Real noise) {
  const Real error = interpolation_error(looks);
  const std::vector<Extremum> all = extrema(read_polynomial(looks));
  std::vector<Look> more;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (may_dip(all[i], looks, error)) {
      if (const auto dip = find_dip(all[i], looks, function, noise)) more.push_back(*dip);
    } else if (is_winding(i, all, looks)) {
      more.push_back({all[i].time, function(all[i].time)});
    }
  }
  looks.insert(looks.end(), more.begin(), more.end());
  std::ranges::stable_sort(looks, {}, &Look::time);
  return looks;
}

}  // namespace saddleflow
