// What a value of the neural correlation function is to be compared with.
#pragma once

#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

/// What N must be, over its unit, to be more than rounding: sums over samples and weights of terms that
/// cancel, with some digits to spare.
inline constexpr Real kLeastValue = Real(1e-10);

/// sum_i |z_i| |x_i|^q with z = -l'(0, Y) and q the degree of the network in its inputs, H(c x; w) = c^q H(x;
/// w): p^m for m hidden layers of power p. |N(u)| <= C times this for |u| = 1, C a constant of the
/// architecture; N and this scale alike with inputs, targets and the reduction, so that their ratio has no
/// units.
Real correlation_unit(const Objective& objective);

}  // namespace saddleflow
