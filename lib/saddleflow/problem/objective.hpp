// The training loss as a function of the weights: value, gradient, Hessian-vector product and Hessian,
// counted.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/kernel.hpp"
#include "saddleflow/network/kink.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/network/outer_layer.hpp"
#include "saddleflow/problem/dataset.hpp"
#include "saddleflow/problem/loss.hpp"
#include "saddleflow/problem/network_pass.hpp"
#include "saddleflow/problem/weight_decay.hpp"

namespace saddleflow {

class SlidingManifold;
struct CutPass;

/// How often each operation was carried out. A value or gradient that is requested again at the same weights
/// costs nothing and is not counted.
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

/// L(w) = Loss(H(X; w), Y), with the penalty of a weight decay if there is one. There are no allocations
/// after construction. Results at the last weight vector are kept, so that gradient, loss and products at the
/// same w share their passes through the network. Not thread-safe: every thread needs an objective of its
/// own.
class Objective {
 public:
  /// Throws InputError when the data do not fit the network or the loss, or the decay has another number of
  /// weights.
  Objective(std::shared_ptr<const Network> network, Dataset data, Loss loss, WeightDecay decay = {});
  ~Objective();
  Objective(const Objective&) = delete;
  Objective& operator=(const Objective&) = delete;

  const Network& network() const { return pass_.network(); }
  std::shared_ptr<const Network> shared_network() const { return pass_.shared_network(); }
  const Dataset& data() const { return data_; }
  /// Without the penalty of the decay.
  const Loss& loss() const { return loss_; }
  const WeightDecay& decay() const { return decay_; }
  Index size() const { return network().parameter_count(); }

  // Every call throws InputError unless w has size() entries. Weights that are not finite give results that
  // are not finite, and no exception: the integrator decides how to react.

  /// L(0), that of outputs that are all zero.
  Real loss_at_origin() const;
  /// L(w).
  Real value(const Vector& w);
  /// g = grad L(w); returns L(w).
  Real gradient(const Vector& w, Vector& g);
  /// out = Hess L(w) v.
  void hessian_vector(const Vector& w, const Vector& v, Vector& out);
  /// out = Hess L(w), n x n.
  void hessian(const Vector& w, Matrix& out);
  /// See Kernel::hessian_error().
  Real hessian_error(const Vector& w);
  /// H(X; w), outputs x n.
  const Matrix& outputs(const Vector& w);
  /// J v: the derivative of the outputs along v, outputs x n. The reference stays valid until the next
  /// product.
  const Matrix& output_tangent(const Vector& w, const Vector& v);

  // Networks with known kinks (pre_activations, p = 1, alpha != 1). In a mode, L is the smooth function that
  // the fixed branches of `pattern` define, restricted to the manifold where the sliding pre-activations are
  // zero. The gradient then depends on the slopes at the sliding kinks; gradient() returns the one of least
  // norm, which is minus the velocity of the sliding flow. hessian() and hessian_vector() are the second
  // derivative along the manifold, and zero across it.

  /// `pattern` has factor 0 at the sliding kinks. InputError for other networks or shapes.
  void set_mode(const ActivationPattern& pattern, const std::vector<Kink>& sliding);
  /// Leaves the mode: L is again the loss of the actual activation.
  void clear_mode();
  bool has_mode() const { return sliding_ != nullptr; }
  /// The slopes at the sliding kinks for which gradient() is computed.
  void sliding_slopes(const Vector& w, Vector& out);
  /// The slopes in [alpha, 1] at the sliding kinks for which the gradient is smallest, and dL/da there.
  void least_norm_slopes(const Vector& w, Vector& slopes, Vector& back);
  /// For the sliding kinks to have the slopes s, a pattern must hold offset + factor s there, see
  /// SlidingManifold.
  void pattern_scales(const Vector& w, Vector& offset, Vector& factor);
  /// The manifold of the sliding kinks, prepared at w, or null if nothing slides. The manifold and the
  /// contents of `pass` are valid until the next call.
  const SlidingManifold* on_kinks(const Vector& w, CutPass& pass);
  /// Projects v onto the tangent space of the manifold at w.
  void project_to_mode(const Vector& w, Vector& v);
  /// Pre-activations, activations and slopes at w; null for other families.
  const FeedForwardState* state_at(const Vector& w);
  /// The same as far as the kernel keeps it: matrices of hidden layers may be empty.
  const FeedForwardState* kept_state_at(const Vector& w);
  /// Whether state_at() has something to show.
  bool has_layers() const { return pass_.state() != nullptr; }
  /// The inputs that the first layer of weights multiplies, see NetworkPass.
  const Matrix& columns() const { return pass_.columns(); }
  /// Null for networks that show no pre-activations.
  const OuterLayer* outer_layer() const { return pass_.outer_layer(); }

  /// Floating-point operations of a gradient and of a Hessian, by the count of the products that they are
  /// made of; 0 where the kernel does not assemble its Hessian: then they are not known.
  Real gradient_operations() const;
  Real hessian_operations() const;

  /// Threads that share large passes (Kernel::set_workers()); null: the caller's alone. They must outlive
  /// this.
  void set_workers(Workers* workers) { pass_.kernel().set_workers(workers); }
  const WorkCounters& counters() const { return counters_; }
  void set_counters(const WorkCounters& counters) { counters_ = counters; }

 private:
  bool run_forward(const Vector& w);  // true when a pass was made
  void ensure_forward(const Vector& w);
  void ensure_gradient(const Vector& w);
  void make_tangent();
  void multiply_hessian(const Vector& w, const Vector& v, Vector& out);

  Dataset data_;
  Loss loss_;
  WeightDecay decay_;
  NetworkPass pass_;
  std::unique_ptr<SlidingManifold> sliding_;  // in a mode
  WorkCounters counters_;

  Vector gradient_;  // at the weights of the pass, when has_gradient_
  Vector cut_;       // in a mode with sliding kinks: before its projection
  Vector multipliers_, tangent_;
  Matrix noise_;  // see CutPass
  Matrix residual_, tangent_residual_;
  OutputCurvature curvature_;
  Real value_ = 0;
  bool has_gradient_ = false;
};

}  // namespace saddleflow
