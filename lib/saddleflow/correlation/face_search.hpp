// KKT points of nonsmooth networks (p = 1, alpha != 1): N is a polynomial on every cell of constant signs,
// and its maximisers lie inside cells or on the faces between them, where the flow chatters.
#pragma once

#include "saddleflow/correlation/kkt_point.hpp"
#include "saddleflow/correlation/sphere.hpp"

namespace saddleflow {

/// As ascend() and polish(). The flow is followed in short legs; where it chatters along kinks of the first
/// layer, or a neuron's incoming weights come to zero, it is held there (it slides, THEORY.md, section 5) and
/// let go where N climbs to one side of a kink. The work is bounded, the basins are right up to the length of
/// a leg. Then Newton's method within the cell or its face: KktPoint::residual is that on the face, and the
/// Clarke certificate judges the rest. Points whose neurons all are at rest with N = 0 are null. Faces of
/// deeper layers are not searched: a flow that ends on one comes back with its plain residual.
KktPoint ascend_with_kinks(const CorrelationOnSphere& f, const Vector& start, Real tolerance);
KktPoint polish_with_kinks(const CorrelationOnSphere& f, const Vector& direction, Real tolerance);

}  // namespace saddleflow
