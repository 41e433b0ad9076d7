// Evaluation of a network on a fixed batch of inputs: forward, backward, their tangents, and the Hessian.
#pragma once

#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/base/workers.hpp"
#include "saddleflow/network/output_curvature.hpp"

namespace saddleflow {

struct FeedForwardState;

/// The branch of the activation that every hidden unit is kept on at every sample, whatever its
/// pre-activation: sigma(z) = (c z)^p with c >= 0 or < 0 from the matrices, one a hidden layer, width x n.
/// c = 1 where z > 0 and c = alpha where z < 0 is the activation itself; c = 0 cuts the unit off. Columns for
/// samples where a sample has several (see OuterLayer).
struct ActivationPattern {
  std::vector<Matrix> factors;
};

/// InputError where the shapes are others than those of the state's hidden layers.
void check_pattern(const ActivationPattern& pattern, const FeedForwardState& state);

/// Bound to n inputs; allocation-free after construction. The calls build on one another at one weight
/// vector: forward(w), then backward(), then tangent(v), then tangent_backward(). Write F_r(w) = sum_{o,i}
/// r_{oi} H_o(x_i; w) for a frozen residual r (outputs x n).
class Kernel {
 public:
  virtual ~Kernel() = default;

  /// H(X; w), outputs x n. The reference stays valid until the next forward(). Cost: one forward pass.
  virtual const Matrix& forward(const Vector& w) = 0;
  /// out = grad F_r at the w of the last forward() (length = parameter count).
  virtual void backward(const Matrix& r, Vector& out) = 0;
  /// Directional derivative of the outputs along v: dH = (d/ds) H(X; w + s v), outputs x n. After backward()
  /// with the residual that tangent_backward() is to use.
  virtual const Matrix& tangent(const Vector& v) = 0;
  /// out = (Hess F_r) v + J^T dr, with r of the last backward(), v of the last tangent(), and J the Jacobian
  /// of the outputs: with dr = l''(H) tangent(v), sample by sample, this is the Hessian of the loss times v;
  /// with dr = 0 that of F_r.
  virtual void tangent_backward(const Matrix& dr, Vector& out) = 0;
  /// out = Hess F_r + sum_i J_i^T C_i J_i with J_i the Jacobian of H(x_i; w), assembled directly with matrix
  /// products over the samples, not from n products (full symmetric matrix written). Needs forward(w) only.
  /// With r = l' and C = l'' it is the Hessian of the loss; with C = 0 that of F_r. InputError where a
  /// network of one output is given blocks that are not diagonal.
  /// By default as many products as there are parameters.
  virtual void hessian(const Matrix& r, const OutputCurvature& c, Matrix& out);

  /// By how much hessian() may be off in the norm, besides rounding, after forward(): 0 (the default) unless
  /// it is made of differences.
  virtual Real hessian_error() { return 0; }

  /// From now on large passes are shared by these threads, in pieces that do not depend on their number: nor
  /// do the bits of any result. Null (the default): the caller's thread alone. By default nothing is shared.
  virtual void set_workers(Workers* /*workers*/) {}

  /// From the next forward() on, the branches of `pattern`, of which a copy is kept; null: the activation as
  /// it is. InputError where the network has no hidden layers or the shapes differ.
  virtual void set_pattern(const ActivationPattern* pattern);
  /// What the last passes left behind; null where the network does not show it (trait pre_activations).
  /// Matrices of the hidden layers that the kernel does not keep are empty: see WideKernel.
  virtual const FeedForwardState* feed_forward_state() const { return nullptr; }
  /// The same with all that forward() and backward() make, which may take these passes once more. Valid until
  /// the next call.
  virtual const FeedForwardState* whole_state() { return feed_forward_state(); }
};

}  // namespace saddleflow
