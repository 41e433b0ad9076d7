// One-sided directional derivatives of the loss of a network with kinks.
#pragma once

#include "saddleflow/saddle/kinked_surface.hpp"

namespace saddleflow {

/// L'(w; d) = lim (L(w + t d) - L(w)) / t, t -> 0+, at a point of a KinkedSurface, exactly: the tangent of
/// the forward pass with max(s, alpha s) at the held kinks. A piecewise linear function of d; with kinks in
/// one layer
///
///   L'(w; d) = c . d + sum_k b_k sigma(n_k . d),   c the gradient with slope zero at the kinks, n_k = grad
///   z_k.
///
/// [S. Scholtes, Introduction to piecewise differentiable equations, 2012, for the B-derivative]
class OneSidedModel {
 public:
  /// At w on the surface, which must be in its mode; it stays so. `loose`: kinks not held on which w lies as
  /// well, for L' to be that of the loss rather than of the mode's continuation beyond them.
  OneSidedModel(KinkedSurface& surface, const Vector& w, const std::vector<Kink>& loose = {});

  /// L'(w; d).
  Real operator()(const Vector& d) const;
  /// z_k'(w; d) of the held kinks; one of a layer above others depends on where these go.
  Vector rates(const Vector& d) const;

  Real low() const { return low_; }
  const std::vector<Kink>& kinks() const { return kinks_; }
  bool is_single_layer() const { return kinks_.empty() || kinks_.front().layer == kinks_.back().layer; }
  /// c, and per kink b and n (a column) with slope zero at all kinks.
  const Vector& cut_gradient() const { return cut_; }
  const Vector& back() const { return back_; }
  const Matrix& normals() const { return normals_; }

 private:
  Real run(const Vector& d, Vector& rates) const;
  Real branch(Real s) const { return s > 0 ? s : low_ * s; }

  Layout layout_;
  FeedForwardState state_;
  ActivationPattern pattern_;
  std::vector<Kink> kinks_, loose_;
  Real low_;
  Matrix residual_;
  Vector cut_, back_;
  Matrix normals_;
};

/// The least L'(w; d) that is known over unit vectors d across the surface.
struct OneSidedResult {
  enum class Method {
    none,       ///< no kinks: 0
    separable,  ///< independent normals: each kink has its own two directions, and these are the extreme ones
    rays,       ///< all rays of the arrangement of the planes z_k' = 0, neuron by neuron where they allow
    corners,    ///< bounded least squares for each choice of slopes at the concave kinks
    sampled,    ///< random directions
  };
  Real least = 0;
  Vector direction;  ///< unit vector; empty without kinks
  Method method = Method::none;
  bool sign_is_exact = true;  ///< what is not negative here is so nowhere; a negative value always is one
  bool exact = true;          ///< where it is not negative: the least of all
};

const char* name_of(OneSidedResult::Method method);

struct OneSidedOptions {
  Index most_rays = 20'000;  ///< of one group of kinks
  Index most_concave = 12;   ///< kinks with b_k < 0 in one group, for `corners`
  Index samples = 2'000;     ///< rays or directions drawn where all are too many
  std::uint64_t seed = 1;
  Real zero = 0;  ///< |b_k| |n_k| and distances up to this are zero
};

/// L' is linear on each cell of the planes z_k' = 0, so that its sign and its least value on the unit sphere
/// (where it is not negative) are decided on the rays of the cells. Where these are too many, b_k < 0 makes a
/// minimum of two linear functions and b_k > 0 a convex one, whose least value over the unit ball is minus
/// the distance of its subdifferential, a zonotope, from zero.
OneSidedResult least_one_sided(const OneSidedModel& model, const OneSidedOptions& options);

}  // namespace saddleflow
