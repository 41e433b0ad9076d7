// Where the activation of a network is not smooth.
#pragma once

#include <limits>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// A pre-activation below this part of the norms of weights and inputs is zero up to rounding: a sum of
/// products that are rounded each, in whatever order they are added.
inline constexpr Real kPreActivationRounding = 8 * std::numeric_limits<Real>::epsilon();

/// A point that is known to some 1e-12 of itself is on a kink where the pre-activation is within this part of
/// the norms of weights and inputs: its own error on one side, on the other what a point beside the kink is
/// away from it.
inline constexpr Real kKinkTolerance = Real(1e-9);

/// A hidden neuron whose pre-activation is zero at a sample; in a convolution at a patch of a sample.
struct Kink {
  int layer = 0;  ///< hidden layer, counted from 0
  Index neuron = 0;
  Index sample = 0;  ///< column of the hidden layer: patch and sample where these are several, see OuterLayer

  friend bool operator==(const Kink&, const Kink&) = default;
};

}  // namespace saddleflow
