// Which components of a system grow together, and by which law.
#pragma once

#include <vector>

namespace saddleflow {

/// Groups of components, one per neuron: a group that is small beside the largest one grows, or decays, by
/// itself as r' = alpha r^{degree-1}, r its norm. Empty `first`: none is known.
struct Growth {
  std::vector<int> first;   ///< group of each leading component, or -1
  std::vector<int> second;  ///< another group or -1: the component grows with the smaller one; may be empty
  int count = 0;
  int degree = 2;  ///< at least 2
};

}  // namespace saddleflow
