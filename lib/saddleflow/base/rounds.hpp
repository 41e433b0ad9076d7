// How long searches that are finite, but for rounding, go on.
#pragma once

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Active-set searches never come back to a set in exact arithmetic, and take a few rounds a variable. One
/// that takes more than this goes round in circles by rounding.
inline constexpr Index kRoundsAVariable = 20;

}  // namespace saddleflow
