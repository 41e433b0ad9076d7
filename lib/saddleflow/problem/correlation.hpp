// The neural correlation function (NCF): the leading, D-homogeneous part of -L at the origin, and its
// continuation to networks of finite size (P1, P2; THEORY.md, section 2).
#pragma once

#include <memory>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/kernel.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/network/outer_layer.hpp"
#include "saddleflow/problem/network_pass.hpp"
#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

/// Phi_c(u) = (L(0) - L at the outputs c H(X; u)) / c, where c = rho^D is the scale of the outputs of a
/// network w = rho u. For c = 0 this is the neural correlation function N(u) = <z, H(X; u)>, z = -l'(0, Y).
/// The gradient is sum (-l'(c H, y)) grad H(u), a backward pass with another residual. It is exact and does
/// not underflow, however small rho is: -grad L(rho u) = rho^{D-1} grad Phi_c(u) and -Hess L(rho u) =
/// rho^{D-2} Hess Phi_c(u). There are no allocations after construction. Results at the last (u, c) are kept,
/// and calls are counted. Not thread-safe.
class Correlation {
 public:
  /// Takes network, data and loss of an objective, which need not outlive the correlation.
  explicit Correlation(const Objective& objective);
  ~Correlation();
  Correlation(const Correlation&) = delete;
  Correlation& operator=(const Correlation&) = delete;

  const Network& network() const { return pass_.network(); }
  std::shared_ptr<const Network> shared_network() const { return pass_.shared_network(); }
  const Dataset& data() const { return data_; }
  const Loss& loss() const { return loss_; }
  Index size() const { return network().parameter_count(); }
  /// z = -l'(0, Y), outputs x n, the reduction included.
  const Matrix& residual_at_origin() const { return z_; }
  /// L(0), the loss of the zero network.
  Real loss_at_origin() const { return loss_at_origin_; }

  /// c >= 0, 0 from the start. InputError if negative or not finite.
  void set_output_scale(Real c);
  Real output_scale() const { return c_; }

  // Every call throws InputError unless u has size() entries. Weights that are not finite give results that
  // are not finite.

  /// Phi_c(u); N(u) for c = 0.
  Real value(const Vector& u);
  /// g = grad Phi_c(u); returns <u, g>/D, which is N(u) for c = 0 (Euler) and -<w, grad L>/(D rho^D) in
  /// general.
  Real gradient(const Vector& u, Vector& g);
  /// out = Hess Phi_c(u) v.
  void hessian_vector(const Vector& u, const Vector& v, Vector& out);
  /// out = Hess Phi_c(u), n x n.
  void hessian(const Vector& u, Matrix& out);
  /// H(X; u), outputs x n; the network of unit scale whatever c.
  const Matrix& outputs(const Vector& u);
  /// l'(c H(X; u), Y), outputs x n: minus the residual that the gradient sends back.
  const Matrix& loss_derivative(const Vector& u);

  /// Pre-activations, activations and slopes at u; null for other families.
  const FeedForwardState* state_at(const Vector& u);
  /// The same as far as the kernel keeps it: matrices of hidden layers may be empty.
  const FeedForwardState* kept_state_at(const Vector& u);
  /// Whether state_at() has something to show.
  bool has_layers() const { return pass_.state() != nullptr; }
  /// The inputs that the first layer of weights multiplies, see NetworkPass.
  const Matrix& columns() const { return pass_.columns(); }
  /// Null for networks that show no pre-activations.
  const OuterLayer* outer_layer() const { return pass_.outer_layer(); }

  /// J(u) v: the derivative of H(X; u) along v, outputs x n, the network of unit scale. Valid until the next
  /// product.
  const Matrix& output_tangent(const Vector& u, const Vector& v);

  /// out = d(grad Phi_c(u))/dc = - sum l''(c H, y) H grad H(u). Counts as a gradient.
  void scale_derivative(const Vector& u, Vector& out);

  /// Threads that share large passes (Kernel::set_workers()); null: the caller's alone. They must outlive
  /// this.
  void set_workers(Workers* workers) { pass_.kernel().set_workers(workers); }
  const WorkCounters& counters() const { return counters_; }
  void set_counters(const WorkCounters& counters) { counters_ = counters; }

 private:
  bool run_forward(const Vector& u);
  void ensure_forward(const Vector& u);
  void ensure_gradient(const Vector& u);

  Dataset data_;
  Loss loss_;
  NetworkPass pass_;
  WorkCounters counters_;
  Matrix z_;
  Real loss_at_origin_ = 0;
  Real c_ = 0;

  Vector gradient_;  // at the weights of the pass, when has_gradient_
  Matrix scaled_, derivative_, tangent_residual_;
  OutputCurvature curvature_;
  bool has_gradient_ = false;
};

}  // namespace saddleflow
