// The training loss as a function of the weights: value, gradient, Hessian-vector product and Hessian,
// counted.
#pragma once

#include <cstdint>
#include <memory>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/kernel.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/dataset.hpp"
#include "saddleflow/problem/loss.hpp"

namespace saddleflow {

/// How often each operation was carried out (a value or gradient asked for again at the same weights costs,
/// and counts, nothing).
struct WorkCounters {
  std::int64_t values = 0;           ///< forward passes made for a value, outputs, a tangent or a Hessian
  std::int64_t gradients = 0;        ///< backward passes, with the forward pass if none was kept
  std::int64_t hessian_vectors = 0;  ///< products with the Hessian or (output_tangent) the Jacobian
  std::int64_t hessians = 0;         ///< Hessians assembled
};

inline WorkCounters operator+(const WorkCounters& a, const WorkCounters& b) {
  return {a.values + b.values, a.gradients + b.gradients, a.hessian_vectors + b.hessian_vectors,
          a.hessians + b.hessians};
}
inline WorkCounters operator-(const WorkCounters& a, const WorkCounters& b) {
  return {a.values - b.values, a.gradients - b.gradients, a.hessian_vectors - b.hessian_vectors,
          a.hessians - b.hessians};
}

/// L(w) = Loss(H(X; w), Y). Allocation-free after construction. Results at the last weight vector are kept:
/// asking for the gradient, the loss or a product at the same w again reuses the passes already made.
/// Not thread-safe: one objective a thread.
class Objective {
 public:
  /// Throws InputError when the data do not fit the network or the loss.
  Objective(std::shared_ptr<const Network> network, Dataset data, Loss loss);
  ~Objective();
  Objective(const Objective&) = delete;
  Objective& operator=(const Objective&) = delete;

  const Network& network() const { return *network_; }
  std::shared_ptr<const Network> shared_network() const { return network_; }
  const Dataset& data() const { return data_; }
  const Loss& loss() const { return loss_; }
  Index size() const { return network_->parameter_count(); }

  // Every call throws InputError when w has not size() entries. Weights that are not finite give results that
  // are not finite rather than an exception: what follows is for the integrator to decide.

  /// L(w).
  Real value(const Vector& w);
  /// g = grad L(w); returns L(w).
  Real gradient(const Vector& w, Vector& g);
  /// out = Hess L(w) v.
  void hessian_vector(const Vector& w, const Vector& v, Vector& out);
  /// out = Hess L(w), n x n.
  void hessian(const Vector& w, Matrix& out);
  /// H(X; w), outputs x n.
  const Matrix& outputs(const Vector& w);
  /// J v: the derivative of the outputs along v, outputs x n. The reference stays valid until the next
  /// product.
  const Matrix& output_tangent(const Vector& w, const Vector& v);

  const WorkCounters& counters() const { return counters_; }
  void set_counters(const WorkCounters& counters) { counters_ = counters; }

 private:
  bool at(const Vector& w) const;
  bool run_forward(const Vector& w);  // true when a pass was made
  void ensure_forward(const Vector& w);
  void ensure_gradient(const Vector& w);

  std::shared_ptr<const Network> network_;
  Dataset data_;
  Loss loss_;
  std::unique_ptr<Kernel> kernel_;
  WorkCounters counters_;

  Vector w_;         // weights of the kept results, when has_forward_
  Vector gradient_;  // gradient at w_, when has_gradient_
  Matrix residual_, curvature_, outputs_, tangent_residual_;
  Real value_ = 0;
  bool has_forward_ = false;
  bool has_gradient_ = false;
};

}  // namespace saddleflow
