// What the papers assume of a network and the traits can tell. A study of a network without it is refused, as
// its figures would say nothing of the claim.
#pragma once

#include <string>

#include "saddleflow/network/network.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow::claims {

/// Locally Lipschitz gradients (P2's convergence, P3). InputError, network.power, where they jump.
void require_smooth_gradient(const StudyTable& study, const Network& network, const std::string& paper);

/// A degree above two (P2). InputError, network.layers, of other networks.
void require_degree_above_two(const StudyTable& study, const Network& network, const std::string& paper);

/// KKT points that can be second-order positive (P3). Where hidden neurons can be rotated they come in
/// families, Delta = 0. InputError, network.kind.
void require_isolated_directions(const StudyTable& study, const Network& network, const std::string& paper);

}  // namespace saddleflow::claims
