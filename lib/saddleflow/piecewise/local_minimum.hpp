// Local minimisers of f(c) + |c|^2 / 2 for a piecewise linear f: velocities of gradient flows on kinks.
#pragma once

#include <vector>

#include "saddleflow/piecewise/piecewise_linear.hpp"
#include "saddleflow/piecewise/rays.hpp"

namespace saddleflow {

/// Of F(c) = f(c) + |c|^2 / 2.
struct LocalMinimum {
  Vector point;
  KinkSides sides;     ///< 0: y_k = 0, F has its least value there
  bool found = false;  ///< false: the descent did not end
  bool exact = true;   ///< false: some rays were sampled
};

struct DescentOptions {
  Real noise = 0;  ///< derivatives up to this times the length of the direction are zero
  Real position =
      0;  ///< a start this close to the minimiser of its face is there: what is known of it is no better
  RayOptions rays;
  std::vector<bool> keep;  ///< kinks that no ray from a face may move; empty: none
};

/// Descends from `start`, where the kinks are on `sides` (0 where y_k = 0): on the face of these sides to its
/// minimiser, with exact line searches that cross a kink where F goes on falling and hold it where it does
/// not; at a minimiser of a face along the steepest extreme ray, until none is left along which F falls. F
/// falls in every step and there are finitely many faces. A critical point of F that is no local minimiser is
/// left, as no perturbation of it lasts.
LocalMinimum descend(const PiecewiseLinear& f, Vector start, KinkSides sides, const DescentOptions& options);

/// The minimiser of F on the face of these sides: y_k = 0 for the held kinks, the others on their branches.
Vector minimiser_on_face(const PiecewiseLinear& f, const KinkSides& sides);

/// Whether at c every kink is on its side, held ones at zero, as far as rounding tells: that of the signals,
/// and `rounding` of c.
bool agrees_with_sides(const PiecewiseLinear& f, const Vector& c, const KinkSides& sides, Real rounding);

/// Whether F falls along the ray, given what is noise.
bool falls(const Ray& ray, Real noise);

}  // namespace saddleflow
