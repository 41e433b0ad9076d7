// What kinds of KKT points the NCF flow goes to from random starts (P2).
#pragma once

#include <vector>

#include "validation/limit_direction.hpp"

namespace saddleflow::claims {

struct LimitCounts {
  Index starts = 0, growing = 0, collapsing = 0, standing = 0, creeping = 0, unresolved = 0;
  // Of the growing:
  Index certified = 0;   ///< residual, layer shares and balance as they must be
  Index rank_one = 0;    ///< every weight matrix of rank one
  Index one_neuron = 0;  ///< and one active neuron a layer
  Index saddles = 0;     ///< limits that are saddles of the constrained NCF: not generic
  Real worst_residual = 0;
};

/// Adds one start.
void count(const LimitDirection& limit, LimitCounts& counts);
/// "rank one, one neuron a layer", "rank one, active 2 1", "not rank one: sigma2/sigma1 0.31", ...
std::string describe_structure(const KktEntry& entry);

}  // namespace saddleflow::claims
