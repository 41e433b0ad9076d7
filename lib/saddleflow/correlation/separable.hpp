// Separable networks: N(u) is a sum over neurons, each with its own constrained NCF and its own limit.
#pragma once

#include <vector>

#include "saddleflow/correlation/kkt_search.hpp"
#include "saddleflow/correlation/ncf_flow.hpp"

namespace saddleflow {

/// A sum over neurons that can change places (traits separable and permutable): one hidden layer.
bool is_separable(const Network& network);

/// Of neuron k: incoming, then outgoing.
std::vector<Index> neuron_parameters(const Network& network, Index k);
/// These weights; with one hidden layer a weight vector of the network with this neuron alone.
Vector neuron_weights(const Network& network, const Vector& w, Index k);

/// Where one neuron's NCF flow goes.
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

/// KKT points of the one-neuron NCF by find_kkt_points(options), and which of them every neuron of w goes to.
/// A limit that the search had missed is appended to its table, with no starts. Throws InputError when the
/// network is not separable or w does not fit it.
SeparableAnalysis analyse_neurons(const Objective& objective, const Vector& w,
                                  const KktSearchOptions& options = {});

}  // namespace saddleflow
