#include "saddleflow/network/kernel.hpp"

#include "saddleflow/base/error.hpp"

namespace saddleflow {

void Kernel::set_pattern(const ActivationPattern* pattern) {
  if (pattern != nullptr)
    throw InputError("activation pattern: found one for a network that is not of the kind feed_forward");
}

}  // namespace saddleflow
