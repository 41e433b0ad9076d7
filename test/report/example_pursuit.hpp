// A made-up network that grows, for the tests of the report.
#pragma once

#include "saddleflow/archive/pursuit_record.hpp"

namespace saddleflow::report {

/// Rows of accepted steps, and of a test set.
enum class StepRows { recorded, left_out };

/// Two hidden layers, six rounds: the neurons of round k are appended to those of the rounds before it.
/// `inputs` beyond 32 are drawn as one.
archive::PursuitRecord example_pursuit(int inputs, StepRows steps = StepRows::recorded);

}  // namespace saddleflow::report
