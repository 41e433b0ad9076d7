// From a point near a critical point to the critical point itself.
#pragma once

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/saddle/potential.hpp"

namespace saddleflow {

/// What a refinement has come to.
enum class RefineStatus {
  critical,       ///< grad L = 0 to the tolerance
  gradient_flat,  ///< ||grad L||^2 is stationary but not zero: the gradient lies in the kernel of the Hessian
  stalled,        ///< neither, within the iterations and the distance allowed
};

template <>
inline constexpr auto enum_table<RefineStatus> =
    named_enum<RefineStatus>("status of a refinement", {{RefineStatus::critical, "critical"},
                                                        {RefineStatus::gradient_flat, "gradient_flat"},
                                                        {RefineStatus::stalled, "stalled"}});

/// Why a refinement is stalled, or a point that it has found is not critical after all.
enum class Obstacle {
  none,
  trust,       ///< the gradient falls as far as the point may go: the critical point, if any, is farther away
  no_descent,  ///< no step makes the gradient smaller
  iterations,  ///< the steps have run out
  kinks,       ///< pre-activations stay on the wrong side of their kinks, whatever these are put to
  slopes,      ///< no slopes at the kinks on which the point lies make the gradient zero (Clarke)
  valley,      ///< the gradient is small beside the Hessian's, but not beside that of the outputs
};

template <>
inline constexpr auto enum_table<Obstacle> = named_enum<Obstacle>("obstacle of a refinement",
                                                                  {{Obstacle::none, "none"},
                                                                   {Obstacle::trust, "trust"},
                                                                   {Obstacle::no_descent, "no_descent"},
                                                                   {Obstacle::iterations, "iterations"},
                                                                   {Obstacle::kinks, "kinks"},
                                                                   {Obstacle::slopes, "slopes"},
                                                                   {Obstacle::valley, "valley"}});

struct RefineOptions {
  Real tolerance = Real(1e-13);  ///< on Refinement::relative_gradient: some hundred roundings of the gradient
  int max_iterations =
      100;  ///< where the curvature is singular an error is halved each time: forty, and room
  /// The point must stay within this of where it started, relative to ||w||: further away it is another one.
  /// Below 1, so that the origin is out of reach.
  Real trust = Real(0.2);
  /// ||H g|| / (||H|| ||g||) up to this at the end: gradient-flat. At most points it is of order 1, at these
  /// it goes to zero with the iterations.
  Real flatness = Real(1e-6);
  Index dense_limit =
      kDenseSpectrum;        ///< above this many weights Hessian-vector products instead of Hessians
  Index krylov_steps = 300;  ///< of one inner solve there: that many vectors of the size of the weights
};

struct Refinement {
  Vector point;
  Real loss = 0;
  Real gradient_norm = 0;
  /// ||grad L|| / (||Hess L|| ||w||): the distance to the critical point along the stiffest direction,
  /// relative to ||w||.
  Real relative_gradient = 0;
  Real flatness = 0;      ///< ||H g|| / (||H|| ||g||) at the point; 0 where g = 0
  Real displacement = 0;  ///< ||point - w|| / ||w||
  int iterations = 0;
  RefineStatus status = RefineStatus::stalled;
  Obstacle obstacle = Obstacle::none;  ///< of a status that is not critical
  bool converged = false;              ///< status is critical
};

/// Minimises ||grad L||^2 / 2 by Newton's method with Levenberg's shift on H^2 (so that it goes to saddles as
/// well as to minima), on an eigendecomposition of the Hessian; above `dense_limit` weights by Newton steps
/// from MINRES, truncated, with a line search. Directions in which the curvature vanishes, those of the
/// symmetries above all, are left alone: the displacement is of the order of the distance. Weights that are
/// exactly zero and have no gradient stay so. InputError when all weights are zero, or for trust >= 1.
Refinement refine_critical_point(const Potential& potential, const Vector& w,
                                 const RefineOptions& options = {});
/// Of the loss.
Refinement refine_critical_point(Objective& objective, const Vector& w, const RefineOptions& options = {});

}  // namespace saddleflow
