// Critical points on kinks, made and found.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "saddleflow/base/random.hpp"
#include "saddleflow/problem/objective.hpp"

namespace saddleflow::test {

struct KinkedExample {
  std::unique_ptr<Objective> objective;
  Vector w;
};

struct StationaryRecipe {
  std::uint64_t seed = 0;
  Index inputs = 0, width = 0, samples = 0;
  Real slope = 0;
  Index kinks = 0;
  Index zero_rows = 0;  ///< incoming weights of so many neurons are zero
  bool silent = false;  ///< the last neuron has no outgoing weight
};

/// A network with one output and random weights, on some of its kinks: inputs x_i are put into the planes of
/// random neurons. Targets make some slopes there, from inside the interval, those with which the gradient
/// vanishes: Clarke stationary, to rounding.
KinkedExample stationary_example(const StationaryRecipe& recipe);

/// The end of a gradient flow from small weights, at rest; w empty where it was not reached.
KinkedExample end_of_flow(std::uint64_t seed, const std::vector<Index>& sizes, Index samples, Real slope);

}  // namespace saddleflow::test
