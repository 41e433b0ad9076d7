// How precisely the derivative of a loss by the outputs is known.
#pragma once

#include "saddleflow/problem/loss.hpp"

namespace saddleflow {

/// outputs x n: what rounding of the outputs may have made of dL/d outputs, the reduction included. Outputs
/// are sums of a few terms of their own size.
Matrix derivative_rounding(const Loss& loss, const Matrix& outputs, const Matrix& targets);
/// The same from the loss's derivatives by the outputs, for a matrix that is at hand.
void derivative_rounding(const Matrix& outputs, const Matrix& derivative, const OutputCurvature& second,
                         Matrix& out);

}  // namespace saddleflow
