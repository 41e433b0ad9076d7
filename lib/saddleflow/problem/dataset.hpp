// Inputs and targets with their origin.
#pragma once

#include <string>
#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// n labelled samples: inputs d x n, targets k x n (one column a sample).
struct Dataset {
  Matrix inputs;
  Matrix targets;
  std::string origin;  ///< "generator sphere/teacher" or the file's name
  long seed = -1;      ///< of the generator, -1 for files
  Index dropped = 0;   ///< rows of a file that were left out because of gaps
  /// "x1" ..., "y1" ...: the constant columns, which standardisation has centred but not scaled.
  std::vector<std::string> constant_columns = {};
  bool bias = false;  ///< the last input is 1 for every sample; its weights are the biases of the first layer
};

}  // namespace saddleflow
