// Layers and neurons whose weights move at rates of their own: flow.rate, flow.neuron_rate.
#pragma once

#include <memory>

#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/objective.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

/// W_l' = -eta_l grad_l L(W). In the coordinates V_l = W_l / sqrt(eta_l) this is a gradient flow again, of a
/// network that is homogeneous in every layer, of degree d_l, with the outputs c H(x; V), c = prod_l
/// eta_l^{d_l / 2}: balances, energy, KKT points, kinks and charts are those of V (THEORY.md, section 1).
/// With the rate zeta_k for all weights of the hidden neuron k, w_i' = -eta_l zeta_k dL/dw_i, the neurons of
/// V count with the factors zeta_k^{(p+1)/2} besides (weighted_neurons()).
class FlowRates {
 public:
  /// InputError that names flow.rate for another number of rates than 1 or that of the layers, and for a
  /// network that is not homogeneous in every layer; that names flow.neuron_rate for another number than that
  /// of the neurons, and for any but a feed-forward network with one hidden layer.
  FlowRates(const StudyTable& study, const Network& network);

  /// All rates are 1.
  bool empty() const { return units_.size() == 0; }
  /// sqrt(eta) of each weight; no numbers where all rates are 1.
  const Vector& units() const { return units_; }
  /// V of these weights.
  Vector coordinates(const Vector& weights) const;
  /// The weights of these coordinates.
  Vector weights(const Vector& coordinates) const;
  /// The loss as a function of the coordinates, the penalty of flow.decay included, for data of the network
  /// of the weights.
  Objective objective(std::shared_ptr<const Network> network, Dataset data) const;

 private:
  void take_layers(const StudyTable& study, const Network& network);
  void take_neurons(const StudyTable& study, const Network& network);

  Loss loss_;
  WeightDecay decay_;
  Vector units_;
  Real output_factor_ = 1;
  Vector neuron_factors_;  ///< no numbers where all neurons have the rate 1
};

}  // namespace saddleflow
