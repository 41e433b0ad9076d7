// Standardised columns: mean 0, variance 1.
#pragma once

#include "saddleflow/problem/dataset.hpp"

namespace saddleflow {

/// Shifts and scales every input and every target coordinate to mean 0 and population variance 1 over the
/// samples. Throws InputError naming data.origin and the column (x1 ..., y1 ...) when one is constant.
void standardise(Dataset& data);
/// The inputs alone.
void standardise_inputs(Dataset& data);

}  // namespace saddleflow
