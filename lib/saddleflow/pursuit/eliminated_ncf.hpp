// The per-neuron NCF with the outgoing weights eliminated, as a function of the incoming ones.
#pragma once

#include "saddleflow/correlation/sphere.hpp"
#include "saddleflow/network/activation.hpp"

namespace saddleflow {

/// F(a) = ||M sigma(phi^T a)||^2 / 2, M = (ybar_i g_i)_i (outputs x n), phi inputs x n: 2p-homogeneous. Its
/// maximisers on the sphere are those of max_b N(a, b) (THEORY.md, section 4), with b along M sigma(phi^T a).
class EliminatedNcf final : public SphereFunction {
 public:
  EliminatedNcf(const Matrix& inputs, const Matrix& residual, const Activation& activation)
      : inputs_(inputs), residual_(residual), activation_(activation) {}

  Index size() const override { return inputs_.rows(); }
  Real degree() const override { return static_cast<Real>(2 * activation_.power()); }
  void gradient(const Vector& a, Vector& g) const override;
  /// J^T J + phi diag(sigma'' M^T M sigma) phi^T, J = M diag(sigma') phi^T.
  void hessian(const Vector& a, Matrix& h) const override;
  /// M sigma(phi^T a).
  Vector response(const Vector& a) const;

  std::int64_t gradients() const { return gradients_; }
  std::int64_t hessians() const { return hessians_; }

 private:
  const Matrix& inputs_;
  const Matrix& residual_;
  Activation activation_;
  mutable Matrix z_, value_, slope_, curvature_;
  mutable std::int64_t gradients_ = 0, hessians_ = 0;
};

}  // namespace saddleflow
