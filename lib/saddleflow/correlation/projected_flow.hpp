// The NCF flow on the unit sphere, u' = grad N - D N u: its trajectories are the directions of the NCF
// flow's, so its basins are the stable sets (P1, P2).
#pragma once

#include <cstdint>

#include "saddleflow/correlation/sphere.hpp"

namespace saddleflow {

/// The system for steppers, state x in R^n: x' = (I - x x^T / ||x||^2) grad f(x), which keeps ||x||.
class ProjectedFlow {
 public:
  explicit ProjectedFlow(const SphereFunction& f) : f_(f) {}
  void operator()(const Vector& x, Vector& dxdt, Real /*t*/) const {
    f_.gradient(x, dxdt);
    dxdt -= (x.dot(dxdt) / x.squaredNorm()) * x;
  }

 private:
  const SphereFunction& f_;
};

struct ProjectedFlowOptions {
  Real rtol = Real(1e-4);
  Real residual = Real(1e-3);  ///< stop where SpherePoint::residual is not above this
  std::int64_t steps = 2000;   ///< or after so many
  Real null_gradient = 0;      ///< or where ||grad f|| is not above this
};

/// Follows the flow from u. Never throws for a flow that cannot go on: it ends where it is.
SpherePoint follow_projected_flow(const SphereFunction& f, const Vector& u,
                                  const ProjectedFlowOptions& options);

}  // namespace saddleflow
