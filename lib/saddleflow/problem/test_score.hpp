// How well a network does on samples that it has not been trained on.
#pragma once

#include <memory>

#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/dataset.hpp"
#include "saddleflow/problem/loss.hpp"
#include "saddleflow/problem/network_pass.hpp"

namespace saddleflow {

struct TestScore {
  Real loss = 0;  ///< mean over samples
  /// ||H - Y||^2 over that of the mean of Y; of a loss of classes its share of wrong answers.
  Real error = 0;
};

/// One network on one test set at many weights, one forward pass each. It has a kernel of its own: no work
/// counter knows of it, and no mode of kinks. Not thread-safe.
class TestGauge {
 public:
  /// Throws InputError when the test set does not fit the network or the loss.
  TestGauge(std::shared_ptr<const Network> network, Dataset test, const Loss& loss);
  TestGauge(const TestGauge&) = delete;
  TestGauge& operator=(const TestGauge&) = delete;

  /// InputError when w has not as many entries as the network has parameters.
  TestScore score(const Vector& w);

 private:
  Dataset test_;
  Loss loss_;
  NetworkPass pass_;
  Real spread_;  ///< of the targets: ||Y||^2 less that of their mean
};

/// At one weight vector.
TestScore test_score(std::shared_ptr<const Network> network, const Vector& w, const Dataset& test,
                     const Loss& loss);

}  // namespace saddleflow
