// Separable networks: N(u) is a sum over neurons, each with its own constrained NCF and its own limit.
#pragma once

#include <vector>

#include "saddleflow/correlation/kkt_search.hpp"
#include "saddleflow/correlation/ncf_flow.hpp"

namespace saddleflow {

/// Whether the network is a sum over neurons that can be permuted (traits separable and permutable). It then
/// has one hidden layer.
bool is_separable(const Network& network);

/// The parameters of neuron k: incoming, then outgoing ones.
std::vector<Index> neuron_parameters(const Network& network, Index k);
/// The values of these parameters. With one hidden layer they are a weight vector of the network that has
/// only this neuron.
Vector neuron_weights(const Network& network, const Vector& w, Index k);

/// The limit of the NCF flow of one neuron.
struct NeuronFate {
  Index limit = -1;         ///< entry of SeparableAnalysis::limits; -1: the neuron dies, or `unresolved`
  bool dies = false;        ///< it collapses or stands still: N <= 0 all the way
  bool unresolved = false;  ///< the flow came to its step limit far from any KKT point
  Real start_value = 0;     ///< N at its direction in w
  NcfFlowResult flow;       ///< its own NCF flow; for D > 2 the neuron that blows up first wins
};

struct SeparableAnalysis {
  std::shared_ptr<const Network> neuron;  ///< the one-neuron network; directions of `limits` are its weights
  KktTable limits;                        ///< KKT points of the one-neuron NCF on the same data
  std::vector<NeuronFate> fates;          ///< one per neuron of the network
};

/// Finds the KKT points of the one-neuron NCF by find_kkt_points(options), and the point to which each neuron
/// of w converges. A limit that the search has missed is appended to its table, with zero starts. Throws
/// InputError if the network is not separable or w does not fit it.
SeparableAnalysis analyse_neurons(const Objective& objective, const Vector& w,
                                  const KktSearchOptions& options = {});

}  // namespace saddleflow
