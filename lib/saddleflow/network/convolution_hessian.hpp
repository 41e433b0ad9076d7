// Direct assembly of the Hessian of a convolution.
#pragma once

#include "saddleflow/network/feed_forward_state.hpp"
#include "saddleflow/network/outer_map.hpp"
#include "saddleflow/network/output_curvature.hpp"

namespace saddleflow {

/// With E_q = dH/dA_q (a block of the outer weights, divided by Q where activations are averaged), sums over
/// samples i and patches q, and columns c = (q, i) of patches:
///   J^T C J          output by output, from the rows (sum_q E_{okq} sigma'(z_kqi) x_qi, a_kqi) of a batch,
///   and
///                    pair by pair of outputs where C is not diagonal
///   kernel, kernel   sum_c (E^T r)_{kc} sigma''(z_kc) x_c x_c^T for each k
///   kernel, outer    sum_i r_oi sigma'(z_kqi) x_qi for each k, o and q (averaged: the sum over q, over Q)
/// An output does not depend on the outer weights of another one. Samples go through in batches, which bounds
/// the workspace; inside, the sample is the fastest index.
class ConvolutionHessian {
 public:
  ConvolutionHessian(const ConvolutionShape& shape, const Layout& layout, Activation activation,
                     Index samples);

  /// As FeedForwardHessian::assemble().
  void assemble(const FeedForwardState& state, const Matrix& r, const OutputCurvature& c, Matrix& out);

 private:
  Index first_layer() const { return layout_.layer(0).size(); }
  auto rows(Matrix& m, Index patch) const { return m.middleRows(patch * batch_, batch_); }
  void load(const FeedForwardState& state, const Matrix& r, const OutputCurvature& c, Index first);
  void load_patches(const Matrix& from, Index first, Matrix& to) const;
  void fill_jacobian(const Vector& w, Index output, Matrix& jacobian);
  void add_curvature(Index output, Matrix& out);
  void add_pairs(const Vector& w, const OutputCurvature& c, Index first, Matrix& out);
  void add_pair(Index a, Index b, Matrix& out);
  /// Where the outer weights x of an output, and its kernels, are in the layout.
  Index place(Index x, Index output) const;
  void add_kernel_blocks(Matrix& out);
  void add_mixed_blocks(Index output, Matrix& out);

  ConvolutionShape shape_;
  Layout layout_;
  OuterMap outer_;
  bool has_curvature_;
  Index samples_, batch_, patches_;
  Matrix back_;  // (E^T r) o sigma''(z), K x n Q
  // Patches and samples of a batch as rows, a patch after the other.
  Matrix input_, slope_, activation_, weight_, scaled_;
  Matrix residual_, curvature_;                           // batch x outputs
  Matrix jacobian_, other_jacobian_, weighted_jacobian_;  // batch x weights that one output depends on
  Matrix gram_, block_, products_;                        // of those; patch size squared; K x patch size
};

}  // namespace saddleflow
