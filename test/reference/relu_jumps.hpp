// V8: a two-layer ReLU network on orthogonal inputs jumps twice, once for each sign (THEORY.md, section 6).
#pragma once

#include "saddleflow/base/real.hpp"

namespace saddleflow::reference {

/// What happens to one sign of the targets as the scale lambda of the start tends to 0.
struct ReluJump {
  Real rate = 0;     ///< D = sqrt(sum over this sign of y^2 |x|^2) / n
  Real time = 0;     ///< ln(1/lambda)/D, to leading order
  Real plateau = 0;  ///< loss that this sign contributes until then, sum of y^2/(2n); 0 afterwards
};

struct ReluJumps {
  ReluJump positive, negative;
};

/// Mean square loss 1/(2n), |a_j| = |w_j| = lambda; needs a neuron of each output sign that is active on all
/// inputs of that sign. `norms` |x_i| and targets y_i, both n.
ReluJumps relu_orthogonal_jumps(const Vector& norms, const Vector& targets, Real lambda);

}  // namespace saddleflow::reference
