// The place where the neurons of one cluster meet.
#pragma once

#include <vector>

#include "saddleflow/symmetry/neuron_clusters.hpp"

namespace saddleflow {

/// A neuron with the signs that bring it nearest to `centre`.
Vector aligned(const ClusterProblem& problem, const Vector& neuron, const Vector& centre);

/// The squared distance from a neuron to the cluster of this centre (a unit vector for rays, whose multiples
/// c >= 0 belong to it). From the difference of the two, so that it is exact where it is small.
Real distance_to(const ClusterProblem& problem, Index neuron, const Vector& centre);

/// The sum of distance_to() over the members.
Real cost_of(const ClusterProblem& problem, const std::vector<Index>& members, const Vector& centre);

/// The better of `centre` and what alternating signs and means (for rays: steps of a power iteration, whose
/// value never falls) make of it. A centre of zero begins at the longest member.
Vector improved_centre(const ClusterProblem& problem, const std::vector<Index>& members, Vector centre);

/// The least cost of one cluster: over all signs, by the mean, or for rays by the first eigenvector of the
/// matrix of scalar products. Where its entries have several signs the members do not lie on one side; the
/// cost is then that of the ray with the other side moved to zero, which is no less than the least one.
Real best_cost(const ClusterProblem& problem, const std::vector<Index>& members);

}  // namespace saddleflow
