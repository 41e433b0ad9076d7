// What every round of a pursuit must show.
#pragma once

#include <vector>

#include "saddleflow/pursuit/neuron_pursuit.hpp"

namespace saddleflow::test {

/// Loss strictly lower, N > 0 with a KKT residual of at most 1e-10, the point critical or in a valley; the
/// last may be neither. Prints them.
void check_rounds(const std::vector<PursuitRound>& rounds);
/// Until the pursuit ends.
std::vector<PursuitRound> all_rounds(NeuronPursuit& pursuit);

}  // namespace saddleflow::test
