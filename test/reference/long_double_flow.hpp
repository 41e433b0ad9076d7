// An independent integrator of high accuracy, to check closed forms against their differential equations.
#pragma once

#include <functional>
#include <vector>

namespace saddleflow::reference {

using LongState = std::vector<long double>;
using LongRhs = std::function<void(const LongState& x, LongState& dxdt)>;

/// x(t1) of x' = f(x) from x(t0) = x, Fehlberg's method of order 7(8) in long double with relative tolerance
/// 1e-17. The step never exceeds `max_step`.
LongState integrate_long_double(const LongRhs& rhs, LongState x, long double t0, long double t1,
                                long double max_step = 0.25L);

}  // namespace saddleflow::reference
