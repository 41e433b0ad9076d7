// Passes of a feed-forward network over a fixed batch of inputs.
#pragma once

#include <memory>
#include <vector>

#include "saddleflow/base/product.hpp"
#include "saddleflow/base/workers.hpp"
#include "saddleflow/network/feed_forward_hessian.hpp"
#include "saddleflow/network/pre_activation_kernel.hpp"

namespace saddleflow {

/// With A_0 = X and columns = samples:
///   forward           Z_l = W_l A_{l-1},  A_l = sigma(Z_l);  the last layer is linear
///   backward          delta_m = r,  G_l = delta_l A_{l-1}^T,  delta_{l-1} = (W_l^T delta_l) o
///   sigma'(Z_{l-1}) tangent           dZ_l = V_l A_{l-1} + W_l dA_{l-1},  dA_l = sigma'(Z_l) o dZ_l
///   tangent_backward  the derivative of the backward pass along the tangent: B. A. Pearlmutter, Fast exact
///                     multiplication by the Hessian, Neural Computation 6 (1994) 147-160
/// Workspaces are made by the first call that needs them, and kept.
class FeedForwardKernel final : public PreActivationKernel {
 public:
  /// `inputs`: as many rows as the first weight matrix has columns.
  FeedForwardKernel(const Layout& layout, Activation activation, const Matrix& inputs);

  const Matrix& forward(const Vector& w) override;
  void backward(const Matrix& r, Vector& out) override;
  const Matrix& tangent(const Vector& v) override;
  void tangent_backward(const Matrix& dr, Vector& out) override;
  void hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) override;
  void set_workers(Workers* workers) override;

 private:
  int depth() const { return layout().layer_count(); }
  /// What a block needs for itself, once for each block that is made at a time.
  struct Scratch {
    std::vector<Matrix> layers;  ///< of hidden layers, width x columns of a block
    Eigen::Array<Real, Eigen::Dynamic, 1> curvature;
    Vector sum;  ///< of a block, where threads make several
    Matrix& layer(int l) { return layers[static_cast<std::size_t>(l)]; }
  };

  /// job(first, count) for as many blocks at a time as there is scratch for.
  template <class Job>
  void in_rounds(const Job& job);
  /// job(block, scratch) on the threads of the workers.
  template <class Job>
  void for_blocks(const Job& job);
  /// out = (or +=) the sum of what job(block, sum, scratch, to) adds to `to`, or puts there, for each block;
  /// of the parameters from `from` on, the others are left alone.
  template <class Job>
  void sum_over_blocks(Sum sum, Index from, Vector& out, const Job& job);
  void make_scratch();
  void set_activation_tangent(int l, const ColumnRange& block, Scratch& scratch);
  void backward(const ColumnRange& block, Sum sum, Vector& out);
  void tangent_backward(const ColumnRange& block, const Matrix& dr, Sum sum, Scratch& scratch, Vector& out);
  const Matrix& delta_of(int l) const { return l + 1 == depth() ? residual_ : hidden(l).delta; }

  Matrix outputs_, residual_, output_tangent_;
  Vector v_;
  std::unique_ptr<FeedForwardHessian> hessian_;
  Workers* workers_ = nullptr;
  std::vector<Scratch> scratch_;
};

}  // namespace saddleflow
