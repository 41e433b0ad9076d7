#include "saddleflow/correlation/kkt_structure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "saddleflow/base/error.hpp"
#include "saddleflow/correlation/rank_one.hpp"

namespace saddleflow {
namespace {

Real largest_entry(const Vector& u, const std::vector<Index>& parameters) {
  Real largest = 0;
  for (const Index i : parameters) largest = std::max(largest, std::abs(u[i]));
  return largest;
}

/// N != 0, by Euler's identity a statement about the gradient where that is known.
bool has_value(const Network& network, const KktPoint& point, Real tolerance) {
  return !point.null && point.value != 0 &&
         std::abs(point.value) * static_cast<Real>(network.degree()) > tolerance * point.gradient_norm;
}

void measure_shares(const Network& network, const Vector& u, bool expected, KktStructure& structure) {
  const int depth = network.layout().layer_count();
  structure.layer_share.resize(depth);
  for (int l = 0; l < depth; ++l) structure.layer_share[l] = network.layout().matrix(u, l).squaredNorm();
  if (!expected) return;
  structure.expected_layer_share = expected_layer_shares(network);
  structure.layer_share_error =
      (structure.layer_share - structure.expected_layer_share).cwiseAbs().maxCoeff();
}

void measure_balance(const Network& network, const Vector& u, KktStructure& structure) {
  for (const ConservedQuantity& quantity : network.conserved())
    if (quantity.is_rescaling())
      structure.balance_residual = std::max(structure.balance_residual, std::abs(quantity.value(u)));
}

/// A neuron without incoming and outgoing weights gets no gradient. With sigma'(0) = 0 one without incoming
/// weights gets none there, and its outgoing weights, whatever they are, see an activation that stays zero.
void find_zero_neurons(const Network& network, const Vector& u, Real tolerance, KktStructure& structure) {
  const bool incoming_suffices = network.activation().power() >= 2;
  const std::vector<Neuron>& neurons = network.neurons();
  std::set<Index> zeros;
  for (std::size_t k = 0; k < neurons.size(); ++k) {
    const Neuron& neuron = neurons[k];
    const auto layer = static_cast<std::size_t>(neuron.layer);
    if (structure.active_neurons.size() <= layer) structure.active_neurons.resize(layer + 1, 0);
    const bool no_incoming = largest_entry(u, neuron.incoming) <= tolerance;
    const bool no_outgoing = largest_entry(u, neuron.outgoing) <= tolerance;
    if (!no_incoming || !(no_outgoing || incoming_suffices)) {
      ++structure.active_neurons[layer];
      continue;
    }
    structure.zero_neurons.push_back(static_cast<Index>(k));
    zeros.insert(neuron.incoming.begin(), neuron.incoming.end());
    if (no_outgoing) zeros.insert(neuron.outgoing.begin(), neuron.outgoing.end());
  }
  structure.zero_parameters.assign(zeros.begin(), zeros.end());
}

}  // namespace

KktStructure analyse_structure(Correlation& correlation, const KktPoint& point, Real tolerance) {
  const Network& network = correlation.network();
  const Vector& u = point.direction;
  if (u.size() != correlation.size())
    throw InputError(fmt::format("direction: found {} numbers, expected the {} parameters of the network",
                                 u.size(), correlation.size()));
  const bool layered = network.traits().layered;
  const bool nonzero = has_value(network, point, tolerance);
  KktStructure structure;
  structure.predicted_value = std::numeric_limits<Real>::quiet_NaN();
  measure_shares(network, u, layered && nonzero, structure);
  measure_balance(network, u, structure);
  find_zero_neurons(network, u, tolerance, structure);
  if (layered && nonzero)
    analyse_rank_one(network, correlation.data().inputs, correlation.residual_at_origin(), u, tolerance,
                     structure);
  else if (layered)
    analyse_singular_values(network, u, structure);
  return structure;
}

}  // namespace saddleflow
