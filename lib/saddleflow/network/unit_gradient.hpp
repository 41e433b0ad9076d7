// Derivatives of the pre-activation of one hidden unit at one sample.
#pragma once

#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/feed_forward_state.hpp"
#include "saddleflow/network/kink.hpp"
#include "saddleflow/network/layout.hpp"

namespace saddleflow {

/// z_k(w) of the kink k in the mode whose activations and slopes a forward and backward pass have left in the
/// state; curvatures are taken as zero (p = 1), so that z_k is a polynomial, linear in each layer.
class UnitGradient {
 public:
  UnitGradient(const Layout& layout, const Kink& kink);

  const Kink& kink() const { return kink_; }
  /// Runs the backward pass of the unit; the others refer to the state of the last call.
  void update(const FeedForwardState& state);
  /// dz_k / da of hidden layer l < kink().layer at the kink's sample, of length its width.
  const Vector& back(int l) const { return back_[static_cast<std::size_t>(l)]; }
  /// grad z_k, length of the parameters.
  void gradient(const FeedForwardState& state, Vector& out) const;
  /// How far grad z_k may be off where sums are known to this part of their terms. Passes whose terms cancel
  /// leave a vector that is short, and whose direction says little.
  Real uncertainty(const FeedForwardState& state, Real known) const;
  /// grad z_k . v
  Real rate(const FeedForwardState& state, const Vector& v) const;
  /// (Hess z_k) v
  void curvature_vector(const FeedForwardState& state, const Vector& v, Vector& out) const;

 private:
  const Vector& delta(int l) const { return delta_[static_cast<std::size_t>(l)]; }

  Layout layout_;
  Kink kink_;
  // Per layer of weights up to the kink's: dz_k/dz_l, and dz_k/da_l of the layers below.
  std::vector<Vector> delta_, back_;
};

}  // namespace saddleflow
