// Second-order methods on the unit sphere: ascent with a trust region, and Newton's method to the nearest
// stationary point.
#pragma once

#include "saddleflow/correlation/sphere.hpp"

namespace saddleflow {

/// argmax g.s - s.diag(m) s/2 over ||s|| <= radius (More and Sorensen 1983, in eigencoordinates, where it is
/// one secular equation). m ascending. In the hard case, no gradient along the lowest m < 0, the step leaves
/// along it in the positive direction.
Vector trust_region_step(const Vector& m, const Vector& g, Real radius);

struct AscentLimits {
  int iterations = 100;
  Real residual = Real(1e-5);  ///< stop here, if besides there is no way up
  Real radius = Real(0.1);
  Real longest_radius = Real(0.3);
  Real null_gradient = 0;  ///< stop where ||grad f|| is not above this
};

/// Climbs from a unit vector until the residual is small and the curvature has no significantly negative
/// eigenvalue, or no step of any length climbs. f never falls.
SpherePoint climb(const SphereFunction& f, SpherePoint from, const AscentLimits& limits);

/// Newton's method with the pseudo-inverse of the curvature, which leaves the modes of a continuous family
/// alone, on {u : normals^T u = 0} and the sphere (normals n x r, r = 0: the sphere alone). Steps are taken
/// as long as they reduce the residual (that part of it which is tangent), and none is longer than
/// `longest_step`.
SpherePoint newton(const SphereFunction& f, SpherePoint from, const Matrix& normals, Real tolerance,
                   Real longest_step);

/// ||tangent part of grad f orthogonal to the normals|| / ||grad f||.
Real face_residual(const SpherePoint& point, const Matrix& normals);

}  // namespace saddleflow
