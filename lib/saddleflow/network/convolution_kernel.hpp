// Passes of a convolution over a fixed batch of samples.
#pragma once

#include <memory>

#include "saddleflow/network/convolution_hessian.hpp"
#include "saddleflow/network/feed_forward_hessian.hpp"
#include "saddleflow/network/outer_map.hpp"
#include "saddleflow/network/pre_activation_kernel.hpp"

namespace saddleflow {

/// The passes of FeedForwardKernel with two weight matrices, on the patches as samples, and with OuterMap in
/// place of the second matrix: the same products in the same order. The workspace of hessian() is made by its
/// first call and kept; everything else by the constructor.
class ConvolutionKernel final : public PreActivationKernel {
 public:
  /// `inputs`: input_count() x n.
  ConvolutionKernel(const ConvolutionShape& shape, const Layout& layout, Activation activation,
                    const Matrix& inputs);

  const Matrix& forward(const Vector& w) override;
  void backward(const Matrix& r, Vector& out) override;
  const Matrix& tangent(const Vector& v) override;
  void tangent_backward(const Matrix& dr, Vector& out) override;
  void hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) override;

 private:
  ConvolutionShape shape_;
  OuterMap outer_;
  Matrix outputs_, residual_, output_tangent_;
  Vector v_;
  std::unique_ptr<ConvolutionHessian> hessian_;
  std::unique_ptr<FeedForwardHessian> one_patch_hessian_;
};

}  // namespace saddleflow
