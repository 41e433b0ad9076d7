// Where, between looks at a function along a step, its sign may change and change back.
#pragma once

#include <array>
#include <functional>
#include <span>
#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// A function's value at a time.
struct Look {
  Real time = 0, value = 0;
};

/// Parts of a step at which a function is looked at in any case, and those at which it is looked at besides
/// where the first looks do not exclude a zero. With the ends they are the four, then the seven Chebyshev
/// points of the second kind: a solver's step is short enough for a polynomial of degree 6, and at these
/// points the polynomial does not swing.
inline constexpr std::array<Real, 2> kFirstLooks{Real(0.25), Real(0.75)};
inline constexpr std::array<Real, 3> kCloserLooks{Real(0.0669872981077806766), Real(0.5),
                                                  Real(0.933012701892219323)};

/// Whether the function may vanish between its first looks: where it stays farther from
/// zero than three times what they vary by, it does not.
bool may_vanish(std::span<const Look> looks);

/// The looks (in order of time; the ends, the first and the closer ones) with further ones at those minima
/// and maxima between them whose sign is in doubt, so that the function changes its sign at most once between
/// neighbours. The minima are guessed on the polynomial through the looks and found on the function itself
/// (Brent). A dip beyond zero by less than `noise` is rounding and none.
std::vector<Look> looks_at_dips(std::vector<Look> looks, const std::function<Real(Real)>& function,
                                Real noise);

}  // namespace saddleflow
