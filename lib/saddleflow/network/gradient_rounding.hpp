// What rounding of the outputs makes of a gradient near a fit, where nothing but rounding may be left of it.
#pragma once

#include <vector>

#include "saddleflow/network/feed_forward_state.hpp"
#include "saddleflow/network/layout.hpp"

namespace saddleflow {

/// Bounds on lengths. rows[l][j]: of the gradient of the incoming weights of neuron j in hidden layer l;
/// `all`: of the whole gradient.
struct GradientRounding {
  std::vector<Vector> rows;
  Real all = 0;
};

/// From `noise`, outputs x n: what rounding may have made of l' at every output and sample. It goes back
/// through the absolute values of the weights and slopes of `state`.
GradientRounding gradient_rounding(const Layout& layout, const FeedForwardState& state, const Matrix& noise);

}  // namespace saddleflow
