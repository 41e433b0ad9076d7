// A ReLU network written from scratch, from public headers alone, that shows its kinks.
#pragma once

#include <memory>

#include "saddleflow/network/network.hpp"

namespace saddleflow::test {

/// H = sum_k a_k max(0, w_k . x): layers W (width x inputs) and a (1 x width), degree 2.
std::shared_ptr<const Network> own_relu(Index inputs, Index width);

}  // namespace saddleflow::test
