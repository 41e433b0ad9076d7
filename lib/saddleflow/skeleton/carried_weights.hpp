// What becomes of inactive neurons while others jump.
#pragma once

#include "saddleflow/skeleton/inactive_clocks.hpp"
#include "saddleflow/skeleton/skeleton.hpp"

namespace saddleflow {

struct CarriedWeights {
  Vector active;  ///< of the whole network, zero where `riders` is not
  Vector riders;  ///< and the other way round, by how much they have grown included
};

/// Along the flow of the neurons that are not zero in `start`, until what is left of the fall of the loss to
/// `loss` is small: inactive neurons with the weights `riders`, of order 1, ride along, far too small to act
/// on it. They are alone only when the residual has come to rest; which limit their NCF flow then has is
/// decided on the way [derived]. Degree 2, and linear networks. NumericalError where the integration fails.
CarriedWeights carried_weights(const Objective& whole, const Vector& start, Real loss, const Vector& riders,
                               const SkeletonOptions& options);

}  // namespace saddleflow
