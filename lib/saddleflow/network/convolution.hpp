// Convolutional networks with one hidden layer.
#pragma once

#include <memory>

#include "saddleflow/network/families.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/network/patches.hpp"

namespace saddleflow {

enum class OuterWeights {
  dense,   ///< one for each output, kernel and patch
  average  ///< one for each output and kernel: activations are averaged over the patches (pooling)
};

struct ConvolutionShape {
  PatchGeometry patches;
  Index kernels = 1;
  Index outputs = 1;
  OuterWeights outer = OuterWeights::dense;

  /// Copies of the outer weights outputs x kernels: one a patch, or one for all.
  Index outer_blocks() const { return outer == OuterWeights::dense ? patches.patch_count() : 1; }
};

/// K kernels a_k shared by the Q patches x_q of a sample (see PatchGeometry):
///   dense    H_o(x) = sum_{k,q} V_{o,k,q} sigma(a_k . x_q)
///   average  H_o(x) = sum_k V_{o,k} (1/Q) sum_q sigma(a_k . x_q)
/// of degree p + 1. Parameters: W_1 = A (K x patch size), W_2 = V (outputs x K Q, the blocks V_{.,.,q} of the
/// patches side by side; or outputs x K). Neuron k is the kernel k: incoming a_k, outgoing all V_{.,k,.}.
/// conserved(): |a_k|^2 - p |V_{.,k,.}|^2, with linear activation all entries of A A^T - sum_q V_q^T V_q.
///
/// The hidden layer is that of a feed-forward network on virtual samples: patch q of sample i is column
/// i + n q of FeedForwardState::inputs and of all matrices of its hidden layer, and so of an
/// ActivationPattern and the `sample` of a Kink. With one patch all results are those of
/// feed_forward({inputs, K, outputs}) bit by bit, flows with kinks included.
///
/// layer_sizes() = {inputs, K, outputs}; the matrices of layout() are others where there are several patches.
/// Throws InputError for shapes that are impossible or too large.
std::shared_ptr<const Network> convolution(const ConvolutionShape& shape, Activation activation);

/// network.layers = [inputs, kernels, outputs]; network.kernel, .stride, .channels, .height (1: a sequence)
/// and .pooling = "none" or "average". The width of the image follows from the inputs.
NetworkFamily convolution_family();

}  // namespace saddleflow
