// How well a network does on samples that it has not been trained on.
#pragma once

#include <memory>

#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/dataset.hpp"
#include "saddleflow/problem/loss.hpp"

namespace saddleflow {

struct TestScore {
  Real loss = 0;  ///< mean over samples
  /// ||H - Y||^2 over that of the mean of Y; of a loss of classes its share of wrong answers.
  Real error = 0;
};
TestScore test_score(std::shared_ptr<const Network> network, const Vector& w, const Dataset& test,
                     const Loss& loss);

}  // namespace saddleflow
