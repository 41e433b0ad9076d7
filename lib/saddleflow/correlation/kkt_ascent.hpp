// From a start on the sphere to a KKT point: flow, trust region, Newton.
#pragma once

#include "saddleflow/correlation/kkt_point.hpp"
#include "saddleflow/correlation/sphere.hpp"

namespace saddleflow {

/// Where the projected flow of f goes from `start`, to the tolerance if the KKT point lets itself be found
/// (see KktPoint::residual). Saddles are left unless the flow is on their stable manifold to rounding and
/// nothing disturbs it. The value is that of f.
KktPoint ascend(const CorrelationOnSphere& f, const Vector& start, Real tolerance);

/// The stationary point of f that `direction` is close to; without one, the end of a climb from there.
KktPoint polish(const CorrelationOnSphere& f, const Vector& direction, Real tolerance);

}  // namespace saddleflow
