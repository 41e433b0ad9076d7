// Correlation functions whose KKT points are known.
#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "saddleflow/base/random.hpp"
#include "saddleflow/problem/correlation.hpp"

namespace saddleflow::test {

inline Objective make_objective(std::shared_ptr<const Network> network, const Matrix& inputs,
                                const Matrix& targets) {
  return Objective(std::move(network), Dataset{inputs, targets, "test", -1, 0}, Loss());
}

/// n unit vectors of the plane, and y_i = (w*.x_i)^2 with w* at `angle` (THEORY.md, V4 and V5).
struct Circle {
  Matrix inputs, targets;
  Vector maximiser;

  Circle(Index n, Real angle) : inputs(2, n), targets(1, n), maximiser(2) {
    maximiser << std::cos(angle), std::sin(angle);
    for (Index i = 0; i < n; ++i) {
      const Real phi = 2 * std::numbers::pi_v<Real> * static_cast<Real>(i) / static_cast<Real>(n);
      inputs.col(i) << std::cos(phi), std::sin(phi);
      targets(0, i) = std::pow(maximiser.dot(inputs.col(i)), Real(2));
    }
  }
};

/// Standard normal inputs and targets.
inline Objective random_objective(std::shared_ptr<const Network> network, Index samples, std::uint64_t seed) {
  Random random(seed, RandomStream::inputs);
  const Matrix inputs = random.normal_matrix(network->input_count(), samples);
  const Matrix targets = random.normal_matrix(network->output_count(), samples);
  return make_objective(std::move(network), inputs, targets);
}

}  // namespace saddleflow::test
