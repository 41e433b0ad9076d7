// A network family that the library does not know: what somebody else would write, from public headers alone.
#pragma once

#include <memory>

#include "saddleflow/network/families.hpp"

namespace saddleflow::test {

/// H = sum_k a_k (b_k . x)(c_k . x), one output, degree 3. Layers of the layout: B (width x inputs), C (the
/// same), a (1 x width).
std::shared_ptr<const Network> product_network(Index inputs, Index width);

/// The same for studies: network.kind = "toy_product", network.layers = [inputs, width].
NetworkFamily product_family();

}  // namespace saddleflow::test
