// Closed forms that give the time as a function of the state, turned round.
#pragma once

#include <functional>

#include "saddleflow/base/real.hpp"

namespace saddleflow::reference {

/// The x in [lower, upper] with f(x) = target, f increasing, to the last bits of Real (TOMS algorithm 748).
/// Returns the end nearest to it when the target lies outside [f(lower), f(upper)].
Real invert_increasing(const std::function<Real(Real)>& f, Real target, Real lower, Real upper);

}  // namespace saddleflow::reference
