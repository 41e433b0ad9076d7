// The losses of several runs at common times, and what they have in common.
#pragma once

#include <cstddef>
#include <vector>

#include "saddleflow/report/run_data.hpp"

namespace saddleflow::report {

/// Every column is as long as `time`. NaN: the run has not begun or has ended.
struct CommonLoss {
  Column time;                     ///< increasing: of each run, the steps that its curve needs
  std::vector<Column> loss;        ///< one column per run
  Column median, lowest, highest;  ///< over the runs that are known there; median of an even number: the mean
                                   ///< of the two in the middle
};

/// Between two steps the logarithm of the loss is linear in time (the loss itself where it is not positive).
/// Each run contributes at most about `points` times. A run without time or loss has a column of NaN.
CommonLoss common_losses(const std::vector<RunData>& runs, std::size_t points);

}  // namespace saddleflow::report
