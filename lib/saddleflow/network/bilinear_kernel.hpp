// Passes of a bilinear network over a fixed batch of matrices.
#pragma once

#include "saddleflow/network/bilinear_places.hpp"
#include "saddleflow/network/kernel.hpp"

namespace saddleflow {

/// With C = A^T diag(v) B the outputs are vec(C)^T X: every pass is one through this linear map, which is all
/// that grows with the number of samples, and products of the size of C. With G = sum_i r_i M_i, so that
/// F_r = <G, C>:
///   backward          dF/dA = diag(v) B G^T,  dF/dB = diag(v) A G,  dF/dv_k = a_k^T G b_k
///   tangent           dC = dA^T diag(v) B + A^T diag(v) dB + A^T diag(dv) B
///   tangent_backward  their derivatives, with dG = sum_i dr_i M_i
/// hessian(): J^T diag(c) J, a batch of samples at a time, with rows J_i = (v_k M_i b_k, v_k M_i^T a_k,
/// a_k^T M_i b_k), and the second derivatives of <G, C>: v_k G, G b_k and G^T a_k between the factors of one
/// neuron. Its workspace is made by its first call and kept; everything else by the constructor.
class BilinearKernel final : public Kernel {
 public:
  /// `inputs`: rows columns x n.
  BilinearKernel(const BilinearPlaces& places, const Matrix& inputs);

  const Matrix& forward(const Vector& w) override;
  void backward(const Matrix& r, Vector& out) override;
  const Matrix& tangent(const Vector& v) override;
  void tangent_backward(const Matrix& dr, Vector& out) override;
  void hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) override;

 private:
  void pair(const Matrix& c, Matrix& outputs) const;
  void sum_samples(const Matrix& r, Matrix& sum) const;
  void make_workspace();
  void load(const Matrix& c, Index first);
  void fill_jacobian();
  void add_frozen(Matrix& out) const;

  BilinearPlaces places_;
  Matrix inputs_;
  BilinearFactors w_, v_, gradient_;
  Matrix scaled_b_, scaled_tangent_;  // diag(v) B and its tangent
  Matrix product_;                    // C or dC
  Matrix sum_, sum_tangent_;          // G and dG
  // B G^T, A G and their tangents; the latter hold those of hessian()'s own residual as well.
  Matrix b_sum_, a_sum_, b_sum_tangent_, a_sum_tangent_;
  Matrix outputs_, output_tangent_;
  Matrix samples_, jacobian_, scaled_;  // batch x inputs, batch x parameters; made by the first hessian()
  Vector curvature_;                    // of a batch
};

}  // namespace saddleflow
