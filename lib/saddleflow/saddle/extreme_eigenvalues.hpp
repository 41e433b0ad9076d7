// Both ends of a Hessian's spectrum, without the rest of it: what an event of a run records.
#pragma once

#include "saddleflow/saddle/potential.hpp"

namespace saddleflow {

struct Extremes {
  Real min = 0, max = 0;
  Real residual = 0;  ///< |H v - lambda v| of the worse of the two: an eigenvalue lies within
};

/// The extreme eigenvalues of Hess L at points along a trajectory. Up to a hundred weights by a dense
/// decomposition without vectors; up to kDenseSpectrum weights by Lanczos to 1e-10 of themselves, where that
/// takes fewer products than a third of the weights, else dense; above by restarted Lanczos, to 1e-4 of
/// themselves or 1e-6 of the larger magnitude. Each search begins with the vectors of the one before.
class ExtremeEigenvalues {
 public:
  /// NumericalError if a number is not finite or the iteration does not converge.
  Extremes at(Objective& objective, const Vector& w);
  /// What the next search begins with: as many numbers as weights, or none. For checkpoints.
  const Vector& start() const { return start_; }
  void set_start(Vector start) { start_ = std::move(start); }

 private:
  Vector start_;
};

}  // namespace saddleflow
