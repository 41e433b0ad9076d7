// What a piecewise-smooth integration tells of the kinks on its way.
#pragma once

#include <limits>

#include "saddleflow/base/mode_change_kind.hpp"
#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// The pre-activation of a neuron at a sample (and patch, see OuterLayer) has come to zero, or leaves it.
/// Times as in EventHit.
struct KinkChange {
  Real time = 0;
  int layer = 0;                 ///< hidden layer, from 0
  Index neuron = 0, sample = 0;  ///< in that layer; column of the data
  ModeChangeKind kind = ModeChangeKind::cross;
  int side = 0;  ///< afterwards: -1 below zero, 0 sliding, 1 above
  Real phase_time = std::numeric_limits<Real>::quiet_NaN(), log_time = phase_time;
  Index patch = 0;
};

/// The mode of the moment in two numbers.
struct ModeSummary {
  Index sliding = 0;  ///< pairs of neuron and sample (and patch) whose pre-activation is held at zero
  Index dead = 0;     ///< hidden neurons that no sample activates; 0 unless the slope is
};

}  // namespace saddleflow
