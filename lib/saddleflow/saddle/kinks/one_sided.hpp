// One-sided directional derivatives of the loss of a network with kinks.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/piecewise/piecewise_linear.hpp"
#include "saddleflow/piecewise/rays.hpp"
#include "saddleflow/saddle/kinks/kinked_surface.hpp"

namespace saddleflow {

/// L'(w; d) = lim (L(w + t d) - L(w)) / t, t -> 0+, at a point of a KinkedSurface, exactly: the tangent of
/// the forward pass with max(s, alpha s) at the kinks. A piecewise linear function of d; with kinks in one
/// layer
///
///   L'(w; d) = c . d + sum_k b_k sigma(n_k . d),   c the gradient with slope zero at the kinks, n_k = grad
///   z_k.
///
/// [S. Scholtes, Introduction to piecewise differentiable equations, 2012, for the B-derivative]
class OneSidedModel {
 public:
  /// At w on the surface, which must be in its mode; it stays so. `loose`: kinks not held on which w lies as
  /// well.
  OneSidedModel(KinkedSurface& surface, const Vector& w, const std::vector<Kink>& loose = {});

  /// L'(w; d).
  Real operator()(const Vector& d) const;

  Real low() const { return low_; }
  /// Held ones and loose ones, by their layers.
  const std::vector<Kink>& kinks() const { return kinks_; }

  /// Kinks that share weights: L' in the span of their normals, c its coordinates.
  struct Group {
    PiecewiseLinear f;
    Matrix basis;  ///< orthonormal, of the span: of the neuron's row of the first layer, or of all weights
    Index neuron = -1;  ///< of the first layer; -1: all weights
    bool is_independent = false;
  };
  const std::vector<Group>& groups() const { return groups_; }
  /// The distance of zero from the hull of the gradients on the cells, across the kinks' normals: from what
  /// the Clarke subdifferential is there. None where there are more than `most_cells` in a group.
  std::optional<Real> distance_from_zero(Index most_cells) const;
  /// The direction of all weights with these coordinates.
  Vector embed(const Group& group, const Vector& c) const;

 private:
  Layout layout_;
  FeedForwardState state_;
  ActivationPattern pattern_;
  std::vector<Kink> kinks_;
  Real low_;
  Matrix residual_;
  std::vector<Group> groups_;
};

/// The least L'(w; d) that is known over unit vectors d across the surface.
struct OneSidedResult {
  enum class Method {
    none,       ///< no kinks: 0
    separable,  ///< independent normals: each kink has its own two directions, and these are the extreme ones
    rays,       ///< all rays of the cells on which L' is linear (see extreme_rays)
    corners,    ///< bounded least squares for each choice of slopes at the concave kinks, of one layer
    sampled,    ///< random rays
  };
  Real least = 0;
  Vector direction;  ///< unit vector; empty without kinks
  Method method = Method::none;
  bool sign_is_exact = true;  ///< what is not negative here is so nowhere; a negative value always is one
  bool exact = true;          ///< where it is not negative: the least of all
};

template <>
inline constexpr auto enum_table<OneSidedResult::Method> = named_enum<OneSidedResult::Method>(
    "method for one-sided derivatives", {{OneSidedResult::Method::none, "none"},
                                         {OneSidedResult::Method::separable, "separable"},
                                         {OneSidedResult::Method::rays, "rays"},
                                         {OneSidedResult::Method::corners, "corners"},
                                         {OneSidedResult::Method::sampled, "sampled"}});

struct OneSidedOptions {
  Index most_rays = kMostRays;  ///< of one group of kinks
  Index most_concave = 12;      ///< kinks with b_k < 0 in one group, for `corners`: 2^12 = kMostCells choices
  Index samples = kSampledRays;  ///< rays or directions drawn where all are too many
  std::uint64_t seed = 1;
  Real zero = 0;  ///< |b_k| |n_k| and distances up to this are zero
};

/// L' is linear on each cell of the planes z_k' = 0, so that its sign and its least value on the unit sphere
/// (where it is not negative) are decided on the rays of the cells. Where these are too many, b_k < 0 makes a
/// minimum of two linear functions and b_k > 0 a convex one, whose least value over the unit ball is minus
/// the distance of its subdifferential, a zonotope, from zero.
OneSidedResult least_one_sided(const OneSidedModel& model, const OneSidedOptions& options);

}  // namespace saddleflow
