// What becomes of the directions of dormant neurons while others jump.
#pragma once

#include <vector>

#include "saddleflow/pursuit/dormant.hpp"
#include "saddleflow/pursuit/skeleton.hpp"

namespace saddleflow {

/// Along the flow of the neurons that are not zero in `start`, until what is left of the fall of the loss to
/// `loss` is small: the dormant neurons ride along, far too small to act on it. They are alone only when the
/// residual has come to rest; which limit their NCF flow then has is decided on the way [derived]. Degree 2.
std::vector<NeuronDirection> carried_directions(const Objective& whole, const Vector& start, Real loss,
                                                const std::vector<NeuronDirection>& dormant,
                                                const SkeletonOptions& options);

}  // namespace saddleflow
