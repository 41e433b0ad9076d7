// The point of a polytope that is nearest to a given one.
#pragma once

#include "saddleflow/base/real.hpp"

namespace saddleflow {

struct NearestInHull {
  Vector point;
  Vector weights;         ///< of the vertices: >= 0, their sum is 1
  Real distance = 0;      ///< from the target
  bool converged = true;  ///< false: the limit of the iterations was reached; the point is in the hull
};

/// The point nearest to `target` in the convex hull of the columns of `vertices` (at least one), by P. Wolfe,
/// Finding the nearest point in a polytope, Mathematical Programming 11 (1976) 128-149. Exact to about 1e-12
/// of the largest distance of a vertex from the target. Throws InputError when the sizes do not fit.
NearestInHull nearest_in_hull(const Matrix& vertices, const Vector& target);

}  // namespace saddleflow
