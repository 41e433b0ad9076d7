// Where gradient descent with a tiny step goes from a point on kinks.
#pragma once

#include <cstdint>
#include <vector>

#include "saddleflow/piecewise/local_minimum.hpp"

namespace saddleflow {

struct TinyStepsOptions {
  int phases = 9;       ///< runs from random phases; most of them decide
  int arriving = 200;   ///< steps until the point, so that what is held has come to chatter
  int leaving = 1'000;  ///< steps after it, the second half of which is looked at
  std::uint64_t seed = 1;
};

/// The local minimisers of F to which gradient descent on f goes from random phases, the most frequent one
/// first; empty where none was found. It arrives with the kinks on the sides `before`, and meets those of
/// them that are not zero at one point. Near it the loss is f, which is piecewise linear, so that the steps
/// may have any length: no step size is too large here. Explicit steps go to and fro across a kink that is
/// held, and those across one kink are in step with those across another: which side they leave to where F
/// has several local minimisers is no matter of f's slopes alone, and mostly the same from every phase.
std::vector<LocalMinimum> minimisers_by_tiny_steps(const PiecewiseLinear& f, const KinkSides& before,
                                                   const DescentOptions& descent,
                                                   const TinyStepsOptions& options = {});

}  // namespace saddleflow
