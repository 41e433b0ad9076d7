// How far a weight vector points along a KKT point, up to the order of the neurons.
#pragma once

#include <vector>

#include "saddleflow/correlation/kkt_point.hpp"
#include "saddleflow/problem/correlation.hpp"

namespace saddleflow {

/// A weight vector against the KKT points.
struct Alignment {
  Index nearest = -1;    ///< index of the KKT point with the largest cosine; -1 when there is none
  Real cosine = 0;       ///< <w, g u*> / ||w||, g the best symmetry found (permutation and sign of neurons)
  Vector neuron_cosine;  ///< per hidden neuron: its (incoming, outgoing) weights against those of its partner
                         ///< in g u*; NaN where the partner is dead
  Real kkt_residual = 0;  ///< || grad N(u) - D N(u) u || / || grad N(u) ||, u = w / ||w||
};

/// The symmetry g that brings `point` nearest to `direction` (any length > 0): layer-wise assignment of
/// hidden neurons, repeated until no layer improves, from four first matches and, in small networks, after
/// every exchange of two neurons. Exact for one hidden layer, and for points with one active neuron a hidden
/// layer; else a lower bound of the best. The rotations that linear networks allow besides are not searched.
/// Returns g u*. Throws InputError for vectors of the wrong size or with entries that are not finite.
Vector nearest_copy(const Network& network, const Vector& point, const Vector& direction);

/// `points`: unit vectors; w of any size, of which nothing depends (0 has cosine 0 with everything). One
/// gradient of the correlation, whose output scale must be 0. Throws InputError as nearest_copy does.
Alignment align(Correlation& correlation, const std::vector<Vector>& points, const Vector& w);

}  // namespace saddleflow
