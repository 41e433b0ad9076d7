// Whether the decay of the weights has won: from then on they tend to zero.
#pragma once

#include "saddleflow/base/real.hpp"
#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

/// Of networks of degree D >= 2 with a decay of every layer, for D > 2 as follows. Near the origin the
/// gradient of the loss is (D-1)-homogeneous, so it falls faster than the decay once that is larger: with
/// kappa the largest ratio of the two over the incoming and over the outgoing weights of a neuron, and one
/// lambda for all layers, the logarithms of all weights change by no more than kappa / (D - 2) from there on,
/// beside their decay (THEORY.md, section 1). With several lambdas a layer may follow the others down instead
/// of its own decay; the products of the ratios, which decide whether anything can grow, still fall. At
/// degree 2 both are linear and the direction decides, which may still turn: there only weights whose squares
/// are no numbers any more have collapsed.
class CollapseRule {
 public:
  /// The objective must outlive it.
  explicit CollapseRule(Objective& objective) : objective_(objective) {}

  static bool applies_to(const Objective& objective);
  /// kappa <= kCollapsed at w, where the outputs are so small that the loss is that of the origin to the same
  /// accuracy.
  bool operator()(const Vector& w);

 private:
  Real growth_over_decay(const std::vector<Index>& weights, const Vector& w) const;

  Objective& objective_;
  Vector gradient_;
};

}  // namespace saddleflow
