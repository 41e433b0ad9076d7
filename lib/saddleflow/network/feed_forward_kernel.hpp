// Passes of a feed-forward network over a fixed batch of inputs.
#pragma once

#include <memory>

#include "saddleflow/network/feed_forward_hessian.hpp"
#include "saddleflow/network/pre_activation_kernel.hpp"

namespace saddleflow {

/// With A_0 = X and columns = samples:
///   forward           Z_l = W_l A_{l-1},  A_l = sigma(Z_l);  the last layer is linear
///   backward          delta_m = r,  G_l = delta_l A_{l-1}^T,  delta_{l-1} = (W_l^T delta_l) o
///   sigma'(Z_{l-1}) tangent           dZ_l = V_l A_{l-1} + W_l dA_{l-1},  dA_l = sigma'(Z_l) o dZ_l
///   tangent_backward  the derivative of the backward pass along the tangent: B. A. Pearlmutter, Fast exact
///                     multiplication by the Hessian, Neural Computation 6 (1994) 147-160
/// The workspace of hessian() is made by its first call and kept; everything else by the constructor.
class FeedForwardKernel final : public PreActivationKernel {
 public:
  /// `inputs`: as many rows as the first weight matrix has columns.
  FeedForwardKernel(const Layout& layout, Activation activation, const Matrix& inputs);

  const Matrix& forward(const Vector& w) override;
  void backward(const Matrix& r, Vector& out) override;
  const Matrix& tangent(const Vector& v) override;
  void tangent_backward(const Matrix& dr, Vector& out) override;
  void hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) override;

 private:
  int depth() const { return layout().layer_count(); }
  const Matrix& delta_of(int l) const { return l + 1 == depth() ? residual_ : hidden(l).delta; }

  Matrix outputs_, residual_, output_tangent_;
  Vector v_;
  std::unique_ptr<FeedForwardHessian> hessian_;
};

}  // namespace saddleflow
