// What a forward pass of a feed-forward network leaves behind for the passes that build on it.
#pragma once

#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/activation.hpp"

namespace saddleflow {

/// One hidden layer, every matrix width x n. `back` = W_{l+1}^T delta_{l+1}; the prefix d is the tangent.
struct HiddenState {
  Matrix z, a, slope, curvature, back, delta;
  Matrix dz, da, dback, ddelta;
};

/// a, slope and curvature of a layer from its z: of the activation, or, with `factors`, of the branches that
/// an ActivationPattern keeps.
void set_activations(const Activation& activation, const Matrix* factors, HiddenState& layer);
void set_slopes(const Activation& activation, const Matrix* factors, HiddenState& layer);
void set_curvatures(const Activation& activation, const Matrix* factors, HiddenState& layer);

/// `hidden` may be as many as there are weight matrices: outer weights that are no parameters are one.
struct FeedForwardState {
  Vector w;       ///< weights of the pass
  Matrix inputs;  ///< d x n
  std::vector<HiddenState> hidden;

  HiddenState& layer(int l) { return hidden[static_cast<std::size_t>(l)]; }
  const HiddenState& layer(int l) const { return hidden[static_cast<std::size_t>(l)]; }
  /// Input of weight matrix l (counted from 0): the data or the activations of hidden layer l-1.
  const Matrix& input_of(int l) const { return l == 0 ? inputs : layer(l - 1).a; }
};

}  // namespace saddleflow
