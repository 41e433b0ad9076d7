// Passes of a feed-forward network over a fixed batch of inputs.
#pragma once

#include <memory>
#include <optional>

#include "saddleflow/network/activation.hpp"
#include "saddleflow/network/feed_forward_hessian.hpp"
#include "saddleflow/network/feed_forward_state.hpp"
#include "saddleflow/network/kernel.hpp"
#include "saddleflow/network/layout.hpp"

namespace saddleflow {

/// With A_0 = X and columns = samples:
///   forward           Z_l = W_l A_{l-1},  A_l = sigma(Z_l);  the last layer is linear
///   backward          delta_m = r,  G_l = delta_l A_{l-1}^T,  delta_{l-1} = (W_l^T delta_l) o
///   sigma'(Z_{l-1}) tangent           dZ_l = V_l A_{l-1} + W_l dA_{l-1},  dA_l = sigma'(Z_l) o dZ_l
///   tangent_backward  the derivative of the backward pass along the tangent: B. A. Pearlmutter, Fast exact
///                     multiplication by the Hessian, Neural Computation 6 (1994) 147-160
/// The workspace of hessian() is made by its first call and kept; everything else by the constructor.
class FeedForwardKernel final : public Kernel {
 public:
  /// `inputs`: as many rows as the first weight matrix has columns.
  FeedForwardKernel(const Layout& layout, Activation activation, const Matrix& inputs);

  const Matrix& forward(const Vector& w) override;
  void backward(const Matrix& r, Vector& out) override;
  const Matrix& tangent(const Vector& v) override;
  void tangent_backward(const Matrix& dr, Vector& out) override;
  void hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) override;
  void set_pattern(const ActivationPattern* pattern) override;
  const FeedForwardState* feed_forward_state() const override { return &state_; }

 private:
  int depth() const { return layout_.layer_count(); }
  const Matrix& delta_of(int l) const { return l + 1 == depth() ? residual_ : state_.layer(l).delta; }
  const Matrix* factors(int l) const {
    return pattern_ ? &pattern_->factors[static_cast<std::size_t>(l)] : nullptr;
  }
  void ensure_slopes();
  void ensure_curvatures();

  Layout layout_;
  Activation activation_;
  std::optional<ActivationPattern> pattern_;
  FeedForwardState state_;
  Matrix outputs_, residual_, output_tangent_;
  Vector v_;
  bool has_slopes_ = false;
  bool has_curvatures_ = false;
  std::unique_ptr<FeedForwardHessian> hessian_;
};

}  // namespace saddleflow
