// KKT points of nonsmooth networks (p = 1, alpha != 1): N is a polynomial on every cell of constant signs,
// and its maximisers lie inside cells or on the faces between them, where the flow chatters.
#pragma once

#include <vector>

#include "saddleflow/correlation/kkt_point.hpp"
#include "saddleflow/correlation/sphere.hpp"

namespace saddleflow {

/// A pre-activation of the first hidden layer.
struct Kink {
  Index neuron = 0;  ///< row of W_1
  Index sample = 0;
  Real size = 0;  ///< |w.x| / (||w|| ||x||)
};

/// The pre-activations of the first layer of size up to `tolerance`, smallest first. Neurons and samples that
/// are zero have none.
std::vector<Kink> first_layer_kinks(const Correlation& correlation, const Vector& u, Real tolerance);

/// As ascend() and polish(): a bounded flow, then Newton's method on the cell or on the face of first-layer
/// kinks near which the flow ends. A face is accepted when N falls to both sides of each of its kinks.
/// KktPoint::residual is that on the face; the Clarke certificate judges the rest. Faces of deeper layers are
/// not searched: a flow that ends on one comes back with its plain residual.
KktPoint ascend_with_kinks(const SphereFunction& f, const Vector& start, Real tolerance);
KktPoint polish_with_kinks(const SphereFunction& f, const Vector& direction, Real tolerance);

}  // namespace saddleflow
