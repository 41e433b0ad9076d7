// Passes of one hidden layer whose neurons count with fixed factors.
#pragma once

#include <memory>

#include "saddleflow/network/pre_activation_kernel.hpp"

namespace saddleflow {

/// With S = diag(c) A and samples as columns:
///   forward           Z = W_1 X,  A = sigma(Z),  H = W_2 S
///   backward          dF/dA = diag(c) W_2^T R,  G_1 = (dF/dA o sigma'(Z)) X^T,  G_2 = R S^T
/// and their tangents. The Hessian is that of the network without factors at (W_1, W_2 diag(c)), with the
/// rows and columns of W_2 times c.
class WeightedNeuronsKernel final : public PreActivationKernel {
 public:
  /// `plain`: bound to the same inputs, of the network without factors.
  WeightedNeuronsKernel(const Layout& layout, Activation activation, const Matrix& inputs, Vector factors,
                        std::unique_ptr<Kernel> plain);

  const Matrix& forward(const Vector& w) override;
  void backward(const Matrix& r, Vector& out) override;
  const Matrix& tangent(const Vector& v) override;
  void tangent_backward(const Matrix& dr, Vector& out) override;
  void hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) override;
  void set_pattern(const ActivationPattern* pattern) override;

 private:
  Vector factors_;
  std::unique_ptr<Kernel> plain_;
  Vector scales_;  ///< of every weight: 1 in W_1, c_k in column k of W_2
  Vector v_;
  Matrix scaled_, scaled_tangent_, residual_, outputs_, output_tangent_;
};

}  // namespace saddleflow
