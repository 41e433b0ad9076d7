// A loss of c times the outputs.
#pragma once

#include "saddleflow/problem/loss_function.hpp"

namespace saddleflow {

/// l(c yhat, y) for a loss l(yhat, y), under the name of l. What l says of its targets, margins and errors
/// holds for the scaled outputs. InputError unless c is positive and finite, and for a loss with an
/// own_scale(), which belongs to weights.
LossPointer scaled_outputs(LossPointer loss, Real c);

}  // namespace saddleflow
