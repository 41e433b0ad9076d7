// The best neuron to add at a point: maximisers of the per-neuron NCF there (P4; THEORY.md, section 4).
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "saddleflow/base/workers.hpp"
#include "saddleflow/network/activation.hpp"
#include "saddleflow/pursuit/growth.hpp"
#include "saddleflow/saddle/critical_point.hpp"
#include "saddleflow/saddle/layer_signals.hpp"

namespace saddleflow {

/// A maximum of N(a, b) = sum_i ybar_i (g_i . b) sigma(a . phi_i) on ||a||^2 + ||b||^2 = 1.
struct NeuronCandidate {
  NewNeuron neuron;
  Real value = 0;        ///< N(a, b)
  Real residual = 0;     ///< ||grad N - D N u|| / ||grad N|| at u = (a, b); Clarke's for networks with kinks
  Real basin_share = 0;  ///< of the starts that end here
};

struct NeuronSearchOptions {
  Index starts = kStartsOfMany;  ///< random directions a, per hidden layer
  std::uint64_t seed = 1;
  Real tolerance = kKktTolerance;  ///< on NeuronCandidate::residual
  const std::atomic<bool>* interrupt = nullptr;
  Workers* workers = nullptr;  ///< the threads that climb; null: the caller's alone
};

/// All that the starts in one hidden layer have come to.
struct NeuronSearch {
  int layer = 0;
  std::vector<NeuronCandidate> maxima;  ///< distinct on the data, N > 0, highest first
  /// sum_i |ybar_i g_i| ||phi_i||^p: N is at most this times p^{p/2} (p+1)^{-(p+1)/2}.
  Real unit = 0;
  Index null_starts = 0;  ///< that nothing activates: N = 0 there and around
  Index unresolved = 0;   ///< that ended above the tolerance
  WorkCounters work;      ///< in passes of the one-neuron network

  /// The best N, over its bound; 0: no random start has found a neuron that lowers the loss.
  Real relative_value() const;
};

/// Networks with a smooth gradient: b is eliminated,
///   max_b N = p^{p/2} (p+1)^{-(p+1)/2} ||sum_i ybar_i g_i sigma(a . phi_i)||  for ||a|| = 1,
/// and the square of that norm climbed on the sphere by a trust region and Newton's method. Networks with
/// kinks: find_kkt_points() of the one-neuron network in (a, b).
NeuronSearch search_neuron(const LayerSignals& signals, int layer, const Activation& activation,
                           const NeuronSearchOptions& options);

/// search_neuron() in every hidden layer of the objective's network at w; `pattern`: see layer_signals().
std::vector<NeuronSearch> search_neurons(Objective& objective, const Vector& w,
                                         const NeuronSearchOptions& options,
                                         const ActivationPattern* pattern = nullptr);

}  // namespace saddleflow
