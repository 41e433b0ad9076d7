// Whether network, data and loss belong together.
#pragma once

#include <memory>

#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/dataset.hpp"
#include "saddleflow/problem/loss.hpp"

namespace saddleflow {

/// The network, if it fits the data and they the loss; else InputError that names what was found and
/// expected.
std::shared_ptr<const Network> fitting(std::shared_ptr<const Network> network, const Dataset& data,
                                       const Loss& loss);

}  // namespace saddleflow
