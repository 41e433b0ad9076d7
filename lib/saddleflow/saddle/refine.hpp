// From a point near a critical point to the critical point itself.
#pragma once

#include "saddleflow/base/real.hpp"
#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

struct RefineOptions {
  Real tolerance = Real(1e-13);  ///< on Refinement::relative_gradient
  int max_iterations = 60;
  /// The point must stay within this of where it started, relative to ||w||: further away it is another one.
  Real trust = Real(0.2);
};

struct Refinement {
  Vector point;
  Real loss = 0;
  Real gradient_norm = 0;
  /// ||grad L|| / (||Hess L|| ||w||): the distance to the critical point along the stiffest direction,
  /// relative to ||w||.
  Real relative_gradient = 0;
  Real displacement = 0;  ///< ||point - w|| / ||w||
  int iterations = 0;
  bool converged = false;
};

/// Newton's method on grad L = 0 with Levenberg's shift on H^2 (so that it goes to saddles as well as to
/// minima), an eigendecomposition a step; directions in which the curvature vanishes (symmetries) are left
/// out. Weights that are exactly zero stay so. Networks up to a few thousand weights.
Refinement refine_critical_point(Objective& objective, const Vector& w, const RefineOptions& options = {});

}  // namespace saddleflow
