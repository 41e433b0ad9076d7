// The correlation function at a saddle with zero neurons (P4; THEORY.md, section 4).
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "saddleflow/correlation/kkt_search.hpp"
#include "saddleflow/correlation/ncf_flow.hpp"
#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

/// The zero neurons of one hidden layer. N(a, b) = sum_i ybar_i (g_i . b) sigma(a . phi_i) is the NCF of a
/// network with this neuron alone, on the data (phi_i, ybar_i g_i): inputs from the kept neurons below,
/// residuals of the pre-activations of the kept neurons above. It is (p+1)-homogeneous (power_sum: p), and
/// all neurons of the layer share it.
struct NeuronNcf {
  int layer = 0;                      ///< hidden layer, from 0
  std::vector<Index> neurons;         ///< numbers in Network::neurons()
  std::shared_ptr<Objective> neuron;  ///< the one-neuron problem; its NCF at the origin is N
  std::vector<Index> fed_by, feeds;   ///< which of a neuron's incoming and outgoing weights (a, b) are
  KktTable table;                     ///< KKT points (a, b), highest N first

  int degree() const { return neuron->network().degree(); }
  /// (a, b) of this neuron in a weight vector of the whole network.
  Vector weights_of(const Network& network, const Vector& w, Index neuron) const;
  /// The whole network's weights with (a, b) put at this neuron, zero elsewhere.
  Vector embed(const Network& network, const Vector& ab, Index neuron) const;
};

/// Whether the network tells the correlation function of this one of its neurons: it has the traits layered
/// and pre_activations, or a neuron_problem().
bool has_neuron_ncf(const Network& network, Index neuron);

/// At w, whose weights at `zero_neurons` (numbers in Network::neurons()) are taken as zero: one entry per
/// hidden layer that has such neurons and kept ones around them, with its KKT points; none for neurons
/// without has_neuron_ncf(). Layers in which a single zero neuron would see or feed nothing have none: N = 0
/// there, two neurons in a row must grow together. At the origin itself the function is that of the whole
/// network (find_kkt_points). `pattern`: see layer_signals(); where w holds kinks, what a neuron sends to one
/// of them counts with its slope, because the kept weights follow to hold it.
std::vector<NeuronNcf> neuron_ncfs(const Objective& objective, const Vector& w,
                                   const std::vector<Index>& zero_neurons, const KktSearchOptions& options,
                                   const ActivationPattern* pattern = nullptr);

/// Zero neurons that grow together: a path of them from the inputs to the outputs, beside the kept network.
struct PathNcf {
  std::shared_ptr<Objective> network;  ///< these neurons as a network of its own; residual of the saddle
  std::vector<Index> parameters;       ///< of the whole network, in the order of this one's
  KktTable table;
};

/// The NCF of the subnetwork of at most two zero neurons of every hidden layer, whose outputs add to those of
/// the kept network. D-homogeneous: it is what remains where every neuron's own N vanishes, as in deep linear
/// networks, where the kept layers see nothing of what is not learnt yet. None for one hidden layer, and
/// where a hidden layer has no zero neuron.
std::optional<PathNcf> path_ncf(const Objective& objective, const Vector& w,
                                const std::vector<Index>& zero_neurons, const KktSearchOptions& options);

/// When a small neuron leaves.
struct Departure {
  int layer = -1;
  Index neuron = -1;   ///< number in Network::neurons()
  Real log_time = 0;   ///< ln of the time until it would be of size 1; +inf: it never leaves
  NcfFlowResult flow;  ///< of its (a, b): the direction it leaves in
  Real alignment = 0;  ///< cosine of (a, b) now with that direction
  WorkCounters work;   ///< of that flow
};

/// Of every zero neuron, from the small weights that it has in `w`: its own NCF flow with the residual of the
/// saddle; earliest first. For p = 1 (exponential growth) the time until the norm is 1 (ln(1/delta) /
/// (2N)), for p >= 2 that of the blow-up (delta^{1-p} / ((p+1)(p-1) N) once aligned; THEORY.md, section 4).
std::vector<Departure> predict_departures(const Network& network, const std::vector<NeuronNcf>& ncfs,
                                          const Vector& w);

}  // namespace saddleflow
