// The weights on which the pre-activations of some kinks vanish, and gradients along it.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/feed_forward_state.hpp"
#include "saddleflow/network/kink.hpp"
#include "saddleflow/network/layout.hpp"
#include "saddleflow/network/unit_gradient.hpp"
#include "saddleflow/piecewise/piecewise_linear.hpp"

namespace saddleflow {

class RayDirections;

/// Slopes, multipliers and what comes back to kinks are solutions of small least-squares problems: known to
/// this part of what they come from, some thousand roundings.
inline constexpr Real kSlidingRounding = Real(1e-12);

/// The loss to first order at a point of M, as a function of the velocity v = -g + Q c of the weights: F(c) =
/// L'(w; v) + |v|^2 / 2 up to a constant, with F's quadratic part |c|^2 / 2 left out of `f`. Q: an
/// orthonormal basis of the span of the cut normals; g: the cut gradient. One kink of `f` for each of
/// `kinks`.
struct KinkModel {
  PiecewiseLinear f;
  std::vector<Index> kinks;  ///< positions in SlidingManifold::kinks()
  Matrix basis;    ///< Q: of the neuron's row where all kinks are in the first layer, else of all weights
  Real noise = 0;  ///< derivatives of f along unit vectors up to this are rounding
  /// Neither the cut gradient nor any kink has influence: the weights are at rest whatever the kinks do.
  bool idle = false;
};

/// What a cut pass has left at some weights.
struct CutPass {
  const FeedForwardState* state = nullptr;  ///< after the cut backward pass
  const Vector* cut = nullptr;              ///< its gradient
  const Matrix* noise = nullptr;            ///< outputs x n: what rounding may have made of l'
  Real low = 0;                             ///< slope of the activation below zero
};

/// M = { w : z_k(w) = 0 for the kinks k }, in one mode of a network with p = 1. A gradient that is *cut* has
/// been computed with slope 0 (and hence activation 0) at the kinks. For slopes s_k there the gradient is,
/// on M,
///
///   grad L(s) = cut + sum_k s_k b_k n_k,   n_k = the cut gradient of z_k,  b_k = dL/da_k,
///
/// with kinks in several layers too, as b_k depends on the slopes of later layers only. So whatever the
/// slopes, the element that is tangent to M, which is the one of least norm and minus the velocity of the
/// sliding flow, is the orthogonal projection of the cut gradient: no equation has to be solved for it. The
/// slopes follow from its multipliers, last layer first. [derived; THEORY.md, section 5]
class SlidingManifold {
 public:
  SlidingManifold(const Layout& layout, const Matrix& inputs);

  /// In the order of their layers. Those of the first layer must be at inputs that are not zero.
  void set_kinks(const std::vector<Kink>& kinks);
  const std::vector<Kink>& kinks() const { return kinks_; }
  bool empty() const { return kinks_.empty(); }
  /// All in the first layer: M is a linear space, the projection constant.
  bool is_flat() const { return deep_.empty(); }

  /// Prepares what follows at the state's weights: a forward pass and slopes, cut. Nothing to do where flat.
  void update(const FeedForwardState& state);
  /// The kinks that share weights with others: those of one neuron where all are in the first layer, else all
  /// of them.
  std::vector<std::vector<Index>> groups() const;
  /// Of the kinks of one group, after update() with the state of `pass`.
  KinkModel model(const CutPass& pass, const std::vector<Index>& group) const;
  /// How far the slide is from its end: the least one-sided derivative of the loss along the directions that
  /// leave M, in units of the terms that it is a sum of. Where normals are independent it is (s_k - low) b_k
  /// and (1 - s_k) b_k of the slopes s_k, of which b_k may change its sign [derived; THEORY.md,
  /// section 5]. Negative: the loss falls along one of them, M is left. Infinite where nothing is held.
  /// `trapped` (one a kink, or empty: none): directions that move one of these count as 1 while gradient
  /// descent stays, as -1 where it leaves (see TinyStepsEnd).
  Real margin(const CutPass& pass, const std::vector<bool>& trapped = {}) const;
  /// The kinks that leave, as positions in kinks(), along directions whose margin is at most this.
  std::vector<Index> leaving(const CutPass& pass, Real at_most, const std::vector<bool>& trapped = {}) const;
  /// Largest distance of w from M, neuron by neuron, in units of the neuron's weights.
  Real drift(const FeedForwardState& state) const;
  /// v becomes its tangent part.
  void project(Vector& v) const;
  /// mu of least norm with `cut` = tangent + sum_k mu_k n_k.
  void multipliers(const Vector& cut, Vector& mu) const;
  /// The slopes that make the gradient tangent; `state` after the cut backward pass. Where several do
  /// (normals that depend on one another, as those of x and -x), some in [low, high] if there are any, else
  /// some outside. One without influence is `low`.
  void slopes(const FeedForwardState& state, const Vector& cut, Real low, Real high, Vector& out) const;
  /// The slopes in [low, high] for which grad L(s) is smallest, tangent or not, and b. With kinks in several
  /// layers on one path it is multi-affine in them: a stationary point, from the middle of the interval.
  void least_norm(const FeedForwardState& state, const Vector& cut, Real low, Real high, Vector& slopes,
                  Vector& back) const;
  /// What stands in an ActivationPattern for a slope s: offset + factor s, which is s but for kinks that lead
  /// others (all later layers silent at their sample): their interval [low, high] covers all that follows.
  /// `state` after the cut backward pass.
  void pattern_scales(const FeedForwardState& state, Real low, Real high, Vector& offset,
                      Vector& factor) const;
  /// out -= sum_k mu_k Hess z_k, with which the projected Hessian of the cut loss is that of the loss on M.
  void subtract_curvature(const FeedForwardState& state, const Vector& mu, Matrix& out) const;
  /// The same of products with a vector.
  void subtract_curvature(const FeedForwardState& state, const Vector& mu, const Vector& v,
                          Vector& out) const;
  /// H -> P H P with the projection P.
  void project_both_sides(Matrix& h) const;

 private:
  /// The kinks of one neuron of the first layer.
  struct FlatGroup {
    Index neuron = 0;
    std::vector<std::size_t> members;  // indices into kinks_
    std::vector<Index> samples;        // of the members
    Matrix normals;                    // their inputs, a column each
    Matrix basis;                      // orthonormal, of their span
    Matrix inverse;                    // pseudo-inverse of the normals
    bool is_dependent() const { return basis.cols() < normals.cols(); }
  };

  /// dL/dz_k as a function of the slopes: offset + factor s. That is b_k s_k where z_k is the only kink of
  /// its sample; where it leads others (see settle_dependents() of the flow), the interval of the slopes is
  /// that of the convex combinations of its two sides, all that follow included.
  struct Drive {
    Vector offset, factor;
    Vector at(const Vector& s) const { return offset + factor.cwiseProduct(s); }
    Vector at(Real s) const { return offset + factor * s; }
    /// The slope at which dL/dz_k = -mu.
    Real slope(Index k, Real mu) const { return -(mu + offset[k]) / factor[k]; }
  };

  struct Margins {
    Vector below, above;
  };
  /// One-sided derivatives along the extreme rays of a group, and their units: zero where rounding is all.
  struct Departures {
    std::shared_ptr<const RayDirections> directions;
    Vector value, unit;
  };
  Departures departures(const CutPass& pass, const std::vector<Index>& group) const;
  static bool moves(const Departures& rays, Index ray, const std::vector<Index>& group,
                    const std::vector<bool>& list);
  bool has_trapped(const std::vector<Index>& group, const std::vector<bool>& trapped) const;
  bool stays(const CutPass& pass, const std::vector<Index>& group, const Departures& rays,
             const std::vector<bool>& trapped) const;
  std::shared_ptr<const RayDirections> ray_directions(const std::vector<Index>& group,
                                                      const PiecewiseLinear& f) const;
  bool is_independent(const std::vector<Index>& group) const;
  const FlatGroup& flat_group(const std::vector<Index>& group) const;
  std::vector<Index> samples_of(const FlatGroup& group) const;
  Margins independent_margins(const CutPass& pass) const;
  bool leads(const FeedForwardState& state, const Kink& kink) const;
  Real beside(const FeedForwardState& state, const Kink& kink, Real sign, Real low) const;
  Drive drive(const FeedForwardState& state, const Vector& back, Real low, Real high) const;
  Drive drive_with(const FeedForwardState& state, const Vector& s, Real low, Real high) const;
  void project_flat(Vector& v) const;
  void update_tangent();
  Real length_for_angles(const FeedForwardState& state, const UnitGradient& unit, Real length, Real known,
                         const std::vector<Real>& layer_norms) const;
  /// Of the weights of the hidden layers.
  std::vector<Real> layer_norms(const FeedForwardState& state) const;
  Real deep_drift(const FeedForwardState& state, const std::vector<Real>& layer_norms) const;
  Vector lengths(const Matrix& normals) const;
  static void drop_uncertain(PiecewiseLinear& f, const Vector& lengths);
  void flat_slopes(const FlatGroup& group, const Vector& cut, const Drive& drive, Real low, Real high,
                   Vector& out) const;
  void dependent_slopes(const FeedForwardState& state, const Vector& cut, Real low, Real high,
                        Vector& out) const;
  Matrix normals() const;
  Matrix normals_with(const Matrix& cut_normals, const Vector& s) const;
  Vector multiplier_noise(const Vector& cut) const;
  Vector back_noise(const Vector& back, const Vector& mu, const Vector& mu_noise) const;
  Vector back_rounding(const CutPass& pass) const;
  bool is_near_fit(const CutPass& pass) const;
  Real gradient_rounding(const CutPass& pass, const std::vector<Index>& group) const;
  Vector multiplier_rounding(const CutPass& pass) const;
  Vector back_of_kinks(const FeedForwardState& state, const Vector& mu) const;

  Layout layout_;
  Matrix inputs_;
  std::vector<Kink> kinks_;
  std::vector<FlatGroup> groups_;
  mutable std::map<std::vector<Index>, std::shared_ptr<const RayDirections>> ray_directions_;  // by samples
  mutable Index too_many_ = std::numeric_limits<Index>::max();  // see RayOptions, of kinks in several layers
  std::vector<std::size_t> deep_;                               // indices into kinks_
  std::vector<UnitGradient> units_;                             // of the deep ones
  Vector deep_lengths_;                                         // of their normals, where angles are compared
  // Parameters x deep ones: as they are; their part tangent to the flat ones; an orthonormal basis of that.
  Matrix deep_normals_, deep_tangent_, deep_basis_;
};

}  // namespace saddleflow
