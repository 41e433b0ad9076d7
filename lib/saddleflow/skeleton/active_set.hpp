// What becomes of the active neurons when others join them: the flow to the next critical point.
#pragma once

#include <vector>

#include "saddleflow/skeleton/inactive_clocks.hpp"
#include "saddleflow/skeleton/skeleton.hpp"

namespace saddleflow {

struct ActiveFlow {
  Minimisation descent;
  CriticalPoint point;        ///< of the network of these neurons alone
  Vector start;               ///< of the whole network, one neuron for each group that flows as one
  Vector weights;             ///< of the whole network, zero where neurons are not active
  std::vector<Index> active;  ///< at the end, ascending
  std::vector<NeuronDirection> vanished;  ///< on the way
  /// A loss of classes whose infimum is not attained, and at the end no sample on the wrong side and some on
  /// theirs (the others zero, where no active neuron sees them): L(c w) falls for ever with c.
  bool separated = false;
  bool unstable = false;  ///< there is a way down among the active neurons, none of them zero
  WorkCounters work;
};

/// From the critical point `w` of the whole network with the neurons `active` and, of a size small as
/// SkeletonOptions::seed_scale says, those that join, all others left out.
ActiveFlow flow_of_active(const Objective& whole, const Vector& w, const std::vector<Index>& active,
                          const std::vector<NeuronDirection>& joining, const SkeletonOptions& options);

}  // namespace saddleflow
