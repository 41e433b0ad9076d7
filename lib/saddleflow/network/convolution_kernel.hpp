// Passes of a convolution over a fixed batch of samples.
#pragma once

#include <memory>
#include <optional>

#include "saddleflow/network/convolution_hessian.hpp"
#include "saddleflow/network/feed_forward_hessian.hpp"
#include "saddleflow/network/kernel.hpp"
#include "saddleflow/network/outer_map.hpp"

namespace saddleflow {

/// The passes of FeedForwardKernel with two weight matrices, on the patches as samples, and with OuterMap in
/// place of the second matrix: the same products in the same order. The workspace of hessian() is made by its
/// first call and kept; everything else by the constructor.
class ConvolutionKernel final : public Kernel {
 public:
  /// `inputs`: input_count() x n.
  ConvolutionKernel(const ConvolutionShape& shape, const Layout& layout, Activation activation,
                    const Matrix& inputs);

  const Matrix& forward(const Vector& w) override;
  void backward(const Matrix& r, Vector& out) override;
  const Matrix& tangent(const Vector& v) override;
  void tangent_backward(const Matrix& dr, Vector& out) override;
  void hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) override;
  void set_pattern(const ActivationPattern* pattern) override;
  const FeedForwardState* feed_forward_state() const override { return &state_; }

 private:
  HiddenState& hidden() { return state_.hidden.front(); }
  const Matrix* factors() const { return pattern_ ? &pattern_->factors.front() : nullptr; }
  void ensure_slopes();
  void ensure_curvatures();

  ConvolutionShape shape_;
  Layout layout_;
  Activation activation_;
  std::optional<ActivationPattern> pattern_;
  OuterMap outer_;
  FeedForwardState state_;
  Matrix outputs_, residual_, output_tangent_;
  Vector v_;
  bool has_slopes_ = false;
  bool has_curvatures_ = false;
  std::unique_ptr<ConvolutionHessian> hessian_;
  std::unique_ptr<FeedForwardHessian> one_patch_hessian_;
};

}  // namespace saddleflow
