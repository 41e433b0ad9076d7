// Second-order methods on the unit sphere: ascent with a trust region, and Newton's method to the nearest
// stationary point.
#pragma once

#include <functional>

#include "saddleflow/correlation/sphere.hpp"

namespace saddleflow {

/// argmax g.s - s.diag(m) s/2 over ||s|| <= radius (More and Sorensen 1983, in eigencoordinates, where it is
/// one secular equation). m ascending. In the hard case, no gradient along the lowest m < 0, the step leaves
/// along it in the positive direction.
Vector trust_region_step(const Vector& m, const Vector& g, Real radius);

/// How far a trust region is trusted, by the ratio of what a step gains to what its model foretold (J.
/// Nocedal and S. J. Wright, Numerical optimization, algorithm 4.1): above the first a step that came to the
/// border doubles the radius, up to the second it becomes a quarter.
inline constexpr Real kGoodModel = Real(0.75), kPoorModel = Real(0.25), kShrunkRadius = 4;
/// Steps longer than this part of the radius have come to the border.
inline constexpr Real kAtBorder = Real(0.8);
/// Eigenvalues up to this, relative to the largest, are those of a continuous family.
inline constexpr Real kFamilyMode = Real(1e-9);
/// And a gradient along one, up to this part of the whole, is rounding, which would make long steps.
inline constexpr Real kFamilyGradient = Real(1e-6);

/// Of newton(), where the point is known to be near: on the unit sphere, six degrees.
inline constexpr Real kLongestNewtonStep = Real(0.1);

struct AscentLimits {
  int iterations = 100;              ///< by judgement
  Real residual = kNewtonResidual;   ///< stop here, if besides there is no way up
  Real radius = kLongestNewtonStep;  ///< of the first step
  Real longest_radius = Real(0.3);   ///< by judgement: farther away it is another place of the sphere
  Real null_gradient = 0;            ///< stop where ||grad f|| is not above this
};

struct Climb {
  SpherePoint point;
  /// The curvature there has no eigenvalue anywhere near zero: Newton's method stays on this maximum.
  bool clear_maximum = false;
};

/// Climbs on {u : normals^T u = 0} and the sphere (normals n x r, r = 0: the sphere alone) from a unit vector
/// there until the residual is small and the curvature has no significantly negative
/// eigenvalue, or no step of any length climbs. f never falls.
Climb climb(const SphereFunction& f, SpherePoint from, const Matrix& normals, const AscentLimits& limits);

/// Newton's method with the pseudo-inverse of the curvature, which leaves the modes of a continuous family
/// alone, on the same set. Steps are taken
/// as long as they reduce the residual (that part of it which is tangent), and none is longer than
/// `longest_step`. An eigendecomposition serves as long as it takes the residual down by a factor of 5 a
/// step.
SpherePoint newton(const SphereFunction& f, const SpherePoint& from, const Matrix& normals, Real tolerance,
                   Real longest_step);

/// From one stationary point to a better one nearby, say newton() with what the caller knows besides.
using Polish = std::function<SpherePoint(const SpherePoint&)>;

/// Climb and polish in turns on the sphere, to a maximum with residual `tolerance` where there is one:
/// Newton's method alone may end in a saddle, which the next climb leaves. Ends where ||grad f|| is not above
/// `null_gradient`. Without `polish`: newton().
SpherePoint climb_to_the_top(const SphereFunction& f, SpherePoint point, Real tolerance, Real null_gradient,
                             const Polish& polish = {});

/// ||tangent part of grad f orthogonal to the normals|| / ||grad f||.
Real face_residual(const SpherePoint& point, const Matrix& normals);

}  // namespace saddleflow
