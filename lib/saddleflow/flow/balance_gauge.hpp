// The gauge of the balance: what gradient flow conserves of every neuron, against the neuron's own size.
#pragma once

#include <optional>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/weight_decay.hpp"

namespace saddleflow {

/// sqrt(sum of squares of the incoming and outgoing weights) of every neuron, without squares that underflow.
void neuron_norms(const Network& network, const Vector& w, Vector& out);

/// Of every invariant of Network::balance() the change since the start over |w_j| |w_k|, the largest norms so
/// far of the two neurons it belongs to (one and the same but for linear layers). Against the norm of all
/// weights an inactive neuron could be wrong altogether and the gauge be content.
///   With weight decay an invariant of weights that share one lambda becomes e^{-2 lambda t} times what it
/// was. Where the weights have different lambdas there is no such law, and nothing is measured.
class BalanceGauge {
 public:
  explicit BalanceGauge(const Network& network, const WeightDecay& decay = {});

  /// Weights are e^{log_unit} point.
  void start(const Vector& point, Real log_unit);
  /// The largest of the relative changes; `norms`: neuron_norms() of the point. 0 where nothing is conserved,
  /// and with decay where the time since the start is not given.
  Real drift(const Vector& point, Real log_unit, const Vector& norms, std::optional<Real> time = {});

  /// ln of the largest norm of each neuron, -infinity for those that were always zero; part of a checkpoint.
  const Vector& log_largest_norms() const { return log_largest_; }
  void set_log_largest_norms(const Vector& values) { log_largest_ = values; }

 private:
  void measure(const Vector& point, Real log_unit);
  void remember(const Vector& norms, Real log_unit);

  const Network& network_;
  std::vector<ConservedQuantity> conserved_;
  std::vector<Real> decay_rates_;  ///< 2 lambda of each
  Vector log_largest_, scratch_;
  // In units of e^{log_scale} of the neurons of each pair.
  Vector initial_, now_, initial_log_scale_, log_scale_;
};

}  // namespace saddleflow
