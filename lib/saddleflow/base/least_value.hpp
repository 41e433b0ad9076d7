// Where a function is least in an interval. The search behind it is seen by least_value.cpp alone: it takes
// longer to compile than those who ask.
#pragma once

#include <functional>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// By Brent's search, to half the digits of Real (more do not change the value), after `most` evaluations at
/// the latest. A function with several minima gives one of them.
Real least_value(const std::function<Real(Real)>& f, Real a, Real b, int most);

}  // namespace saddleflow
