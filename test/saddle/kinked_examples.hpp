// Critical points on kinks, made and found.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "saddleflow/base/random.hpp"
#include "saddleflow/network/convolution.hpp"
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

struct StationaryConvolution {
  std::uint64_t seed = 0;
  Index kernel = 0, patches = 0, kernels = 0, samples = 0;
  OuterWeights outer = OuterWeights::dense;
  Real slope = 0;
  Index kinks = 0;
};

/// Likewise a convolution with one output, on patches of a sequence that do not overlap. Kinks come in pairs:
/// of one kernel at the first and the last patch of one sample, which feed one output.
KinkedExample stationary_example(const StationaryConvolution& recipe);

/// The end of a gradient flow from small weights, at rest; w empty where it was not reached.
KinkedExample end_of_flow(std::uint64_t seed, const std::vector<Index>& sizes, Index samples, Real slope);
/// Likewise of another network, from a random start of norm 1/2; standard normal data, square loss.
KinkedExample end_of_flow(std::uint64_t seed, const std::shared_ptr<const Network>& network, Index samples);

}  // namespace saddleflow::test
