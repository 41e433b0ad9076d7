// How well a network does on samples that it has not been trained on.
#pragma once

#include <memory>

#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/dataset.hpp"
#include "saddleflow/problem/loss.hpp"

namespace saddleflow {

struct TestScore {
  Real loss = 0;   ///< mean over samples
  Real error = 0;  ///< square loss: ||H - Y||^2 over that of the mean of Y; logistic: share of wrong signs
};
TestScore test_score(std::shared_ptr<const Network> network, const Vector& w, const Dataset& test,
                     const Loss& loss);

}  // namespace saddleflow
