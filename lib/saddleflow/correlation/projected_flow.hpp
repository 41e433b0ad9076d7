// The NCF flow on the unit sphere, u' = grad N - D N u: its trajectories are the directions of the NCF
// flow's, so its basins are the stable sets (P1, P2).
#pragma once

#include <cstdint>
#include <utility>

#include "saddleflow/correlation/sphere.hpp"

namespace saddleflow {

/// The system for steppers, state x in R^n: x' = (I - x x^T / ||x||^2) Q grad f(x), which keeps ||x||; Q
/// projects onto the complement of `normals` (n x r, orthonormal, orthogonal to x; r = 0: none).
class ProjectedFlow {
 public:
  explicit ProjectedFlow(const SphereFunction& f, Matrix normals = {})
      : f_(f), normals_(std::move(normals)) {}
  void operator()(const Vector& x, Vector& dxdt, Real /*t*/) const {
    f_.gradient(x, dxdt);
    if (normals_.cols() > 0) dxdt -= normals_ * (normals_.transpose() * dxdt);
    dxdt -= (x.dot(dxdt) / x.squaredNorm()) * x;
  }

 private:
  const SphereFunction& f_;
  Matrix normals_;
};

/// The flow tells the basin, and the limit is refined afterwards: what it errs by matters at borders of
/// basins only.
inline constexpr Real kBasinTolerance = Real(1e-4);
/// Nor do more steps than this tell more of it: by judgement.
inline constexpr std::int64_t kBasinSteps = 2000;
/// What a step may err by as a part of the way it goes: errors shrink with the steps where the flow creeps,
/// so that gradients that fade, fade away altogether. A twentieth turns no step round.
inline constexpr Real kCreepingError = Real(0.05);

struct ProjectedFlowOptions {
  Real rtol = kBasinTolerance;
  Real residual = kNewtonResidual;   ///< stop where SpherePoint::residual is not above this
  std::int64_t steps = kBasinSteps;  ///< or after so many
  Real null_gradient = 0;            ///< or where ||grad f|| is not above this
};

/// Follows the flow from u. Never throws for a flow that cannot go on: it ends where it is.
SpherePoint follow_projected_flow(const SphereFunction& f, const Vector& u,
                                  const ProjectedFlowOptions& options);

}  // namespace saddleflow
