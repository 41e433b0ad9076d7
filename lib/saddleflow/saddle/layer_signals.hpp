// What every hidden layer of a network that shows pre-activations sees at one point: activations from below,
// residuals from above.
#pragma once

#include <vector>

#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

/// For hidden layer l: phi_{l-1}, what enters it (fan-in x columns), phi_l, its own activations (width x
/// columns), and ybar g_l = -dL/dz_{l+1}, the negative derivative of the loss by what it feeds (the
/// pre-activations of the next layer, fan-out x columns, or the outputs, a column a sample; THEORY.md,
/// section 4).
struct LayerSignals {
  Matrix below;
  Matrix activations;
  Matrix residual;
};

/// One entry per hidden layer. `pattern`: the branches of the activation to take instead of those that the
/// signs of the pre-activations choose, p = 1 (the slopes at a point on kinks). InputError for
/// networks without the trait pre_activations.
std::vector<LayerSignals> layer_signals(const Objective& objective, const Vector& w,
                                        const ActivationPattern* pattern = nullptr);

}  // namespace saddleflow
