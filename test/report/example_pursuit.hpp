// A made-up network that grows, for the tests of the report.
#pragma once

#include "saddleflow/archive/pursuit_record.hpp"

namespace saddleflow::report {

/// Two hidden layers, six rounds: the neurons of round k are appended to those of the rounds before it.
/// `inputs` beyond 32 are drawn as one. Without a trajectory it has no accepted steps, and no test set
/// either.
archive::PursuitRecord example_pursuit(int inputs, bool trajectory = true);

}  // namespace saddleflow::report
