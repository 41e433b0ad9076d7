// Where the activation of a network is not smooth.
#pragma once

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// A hidden neuron whose pre-activation is zero at a sample.
struct Kink {
  int layer = 0;  ///< hidden layer, counted from 0
  Index neuron = 0;
  Index sample = 0;

  friend bool operator==(const Kink&, const Kink&) = default;
};

}  // namespace saddleflow
