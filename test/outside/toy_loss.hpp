// A loss that the library does not know, from public headers alone.
#pragma once

#include "saddleflow/problem/loss_function.hpp"

namespace saddleflow::test {

/// ln cosh(yhat - y), summed over outputs: square near its minimum, linear far away.
LossPointer log_cosh_loss();

}  // namespace saddleflow::test
