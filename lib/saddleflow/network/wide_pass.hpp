// What passes of wide networks work in: one for each thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// The memory of a thread for the passes of all wide networks (WideKernel). Objectives, correlation functions
/// and the analysis of one run take turns, and a pass of one overwrites those of the others; kernels of
/// different threads never meet.
struct WidePass {
  std::uint64_t holder = 0;  ///< number of the kernel whose pass is here; 0: none
  Matrix z, dz;              ///< pre-activations and their tangents, width x samples

  /// Of one block of samples at a time.
  struct Scratch {
    Matrix a, back, change;  ///< of a strip of neurons
    Matrix outer;            ///< of their outgoing weights: what a block adds to a product, as a whole
    Vector sum;              ///< where threads make several blocks: of all parameters
  };
  std::vector<Scratch> scratch;

  static WidePass& of_this_thread();
};

}  // namespace saddleflow
