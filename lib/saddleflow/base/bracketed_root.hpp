// Where a function changes its sign, between two points of different sign. The root finder behind it is seen
// by bracketed_root.cpp alone: it takes longer to compile than those who ask.
#pragma once

#include <functional>
#include <limits>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// f has the sign of f(a) at `left`, not at `right` (zero at both where the root was hit), a <= left <= right
/// <= b.
struct RootBracket {
  Real left = 0, right = 0;
};

/// The width, relative, of a bracket that is as tight as rounding allows: Boost's own rule (eps_tolerance).
/// Few numbers are left inside, and values at neighbours differ by rounding.
inline constexpr Real kTightBracket = 4 * std::numeric_limits<Real>::epsilon();

/// Bisections by hand end after so many halvings: long before, where the ends are numbers next to one
/// another; where the root is tiny beside the bracket, with no part of that left that matters.
inline constexpr int kMostHalvings = 200;

/// By TOMS 748, until `close(left, right)` or after 200 evaluations; f(a) and f(b) have different signs.
RootBracket bracketed_root(const std::function<Real(Real)>& f, Real a, Real b, Real at_a, Real at_b,
                           const std::function<bool(Real left, Real right)>& close);

}  // namespace saddleflow
