// The flow of a diagonal linear network in its dual coordinate, for starts of any size.
#pragma once

#include "saddleflow/problem/dataset.hpp"

namespace saddleflow::pursuit_test {

struct MirrorJumps {
  Real first = 0,
       second = 0;  ///< slow times at which half of what each of the first two jumps gains is gained
};

/// ds/dtau = -grad L(beta), beta_j = alpha^2 sinh(2 s_j ln(1/alpha)) (V7), square loss, two inputs, by
/// implicit Euler steps h up to `end`. The plateau between the jumps is that at half the time of the second
/// one.
MirrorJumps mirror_flow(const Dataset& data, Real log_alpha, Real h, Real end);

}  // namespace saddleflow::pursuit_test
