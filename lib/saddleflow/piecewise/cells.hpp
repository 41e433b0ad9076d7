// The sides that the kinks of a piecewise linear function can have together.
#pragma once

#include <vector>

#include "saddleflow/piecewise/piecewise_linear.hpp"

namespace saddleflow {

struct Cells {
  std::vector<KinkSides> sides;  ///< of each cell; 0 for a kink whose y vanishes on all of it
  bool complete = true;          ///< false: there are more, and `sides` are the first ones
};

/// Cells around a point up to this many are looked at, each a gradient: those of a dozen independent kinks.
inline constexpr Index kMostCells = 4096;

/// The cells on which f, whose shift is zero, is linear: the sides of its kinks along directions beside them
/// all. With independent rows these are all combinations, with those of one neuron at dependent samples the
/// cells of an arrangement of hyperplanes; deeper kinks go with the sides of those that they hear. `most`:
/// how many at most.
Cells cells(const PiecewiseLinear& f, Index most);

}  // namespace saddleflow
