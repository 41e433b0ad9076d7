// A network of the library under another name: whatever asks for names sees a stranger.
#pragma once

#include <memory>

#include "saddleflow/network/network.hpp"

namespace saddleflow::test {

enum class Shown {
  everything,
  no_pre_activations,  ///< the traits do not claim them, the kernel does not show them
  no_structure,        ///< nothing is said of single neurons: neither layered nor separable nor growable
};

/// Everything is passed on to `inner`, kernels included.
std::shared_ptr<const Network> wrapped(std::shared_ptr<const Network> inner, Shown shown = Shown::everything);

}  // namespace saddleflow::test
