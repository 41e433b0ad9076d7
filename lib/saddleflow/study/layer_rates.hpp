// Layers of weights that move at rates of their own: flow.rate.
#pragma once

#include <memory>

#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/objective.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

/// W_l' = -eta_l grad_l L(W). In the coordinates V_l = W_l / sqrt(eta_l) this is a gradient flow again, of a
/// network that is homogeneous in every layer, of degree d_l, with the outputs c H(x; V), c = prod_l
/// eta_l^{d_l / 2}: balances, energy, KKT points, kinks and charts are those of V (THEORY.md, section 1).
class LayerRates {
 public:
  /// InputError that names flow.rate for another number of rates than 1 or that of the layers, and for a
  /// network that is not homogeneous in every layer.
  LayerRates(const StudyTable& study, const Network& network);

  /// All rates are 1.
  bool empty() const { return units_.size() == 0; }
  /// sqrt(eta) of each weight; no numbers where all rates are 1.
  const Vector& units() const { return units_; }
  /// V of these weights.
  Vector coordinates(const Vector& weights) const;
  /// The weights of these coordinates.
  Vector weights(const Vector& coordinates) const;
  /// The loss as a function of the coordinates, the penalty of flow.decay included.
  Objective objective(std::shared_ptr<const Network> network, Dataset data) const;

 private:
  Loss loss_;
  WeightDecay decay_;
  Vector units_;
  Real output_factor_ = 1;
};

}  // namespace saddleflow
