// Which neurons of a point near a saddle are inactive: small there, zero at the saddle itself (P3, P4).
#pragma once

#include <vector>

#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// ||(incoming, outgoing weights)|| of each neuron of Network::neurons().
Vector neuron_norms(const Network& network, const Vector& w);

/// A set of small neurons and what tells them from the others.
struct InactiveNeurons {
  std::vector<Index> neurons;  ///< numbers in Network::neurons(), ascending
  Real threshold = 0;          ///< they are below, the others above: the middle of the gap (geometric mean)
  Real gap = 1;                ///< smallest norm above over largest norm below; infinite for exact zeros
};

/// Inactive neurons are so many times smaller than the others, at least: those of one initialisation are less
/// far apart.
inline constexpr Real kInactiveGap = 10;

/// The neurons below the widest gap in the sorted neuron norms, when that is a factor of at least `least` and
/// something stays above. Exact zeros are always inactive, and make no gap where there is another one.
InactiveNeurons find_inactive(const Network& network, const Vector& w, Real least = kInactiveGap);

/// Their incoming and outgoing weights, ascending.
std::vector<Index> parameters_of(const Network& network, const std::vector<Index>& neurons);

/// w without them: their weights exactly zero.
Vector put_to_zero(const Network& network, Vector w, const std::vector<Index>& neurons);

}  // namespace saddleflow
