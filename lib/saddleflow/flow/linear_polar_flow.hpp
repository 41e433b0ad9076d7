// The polar flow near the origin in closed form, where the correlation function is a quadratic form.
#pragma once

#include "saddleflow/flow/polar_flow.hpp"
#include "saddleflow/flow/quadratic_form.hpp"

namespace saddleflow {

/// For a network whose correlation function is a QuadraticForm <w, A w> / 2. As long as the terms of order
/// c = rho^2 do not matter, a neuron's weights are w_k(t) = e^{A_k t} w_k(0) = V e^{rate t} z |w_k(0)| with
/// A_k = V diag(rate) V^T, and with them d, ell and
///
///   q(t) = q(0) + kappa t
///   e(t) = e(0) + (N(w(t)) - N(w(0))) / L(0),   since int |grad N(w)|^2 dt = N(w(t)) - N(w(0)).
///
/// Neuron by neuron, each in its own unit: an inactive one is as accurate as the others. Exact zeros stay
/// exact zeros. Times are those since start(); |rate| t must not exceed some hundreds.
class LinearPolarFlow {
 public:
  /// One Hessian. `flow`, of such a network, must outlive this.
  explicit LinearPolarFlow(PolarFlow& flow);

  Index neuron_count() const { return form_.neurons; }
  /// The largest |rate|.
  Real fastest() const { return form_.fastest; }
  /// From a polar state; must come before what follows.
  void start(const Vector& x);
  void state(Real t, Vector& x) const;

  /// What changes until t.
  struct Change {
    Real cosine;  ///< of the angle that w, a neuron's weights or a group have turned by, the smallest
    Real share;   ///< of the length of a neuron, the smallest that a part has at t: its digits are lost
  };
  /// The cosines of w and of neurons never rise with t.
  Change change(Real t) const;

  /// |dG_k/dc| / |u_k| of every neuron k at a polar state: what the terms of order c change of the rate of
  /// w_k / |w_k|, over c. Counts as a gradient.
  void sensitivity(const Vector& x, Vector& out) const;
  /// How far, relative to the smallest part of a neuron, w_k(t) may be from the flow with its terms of order
  /// c when it was `before` |w_k| away at the start and sensitivity() stays below `sensitivity` until t;
  /// `after` is in terms of |w_k| again. One number a neuron.
  ///
  /// The terms change w_k' by at most c |w_k| sensitivity, what has gone wrong grows at the largest rate l of
  /// A_k, and |w_k(t)| is known:
  ///   after(t) = a(t) before + sensitivity int_0^t c(s) a(t) / a(s) ds,     a(t) = e^{l t} |w_k(0)| /
  ///   |w_k(t)|.
  /// c / a is convex in its logarithm, as products of lengths of sums of exponentials are; below the chord
  /// the integral is t times the logarithmic mean of a(t) c(0) and c(t).
  Vector error_bound(Real t, const Vector& before, const Vector& sensitivity, Vector& after) const;

 private:
  /// Per neuron sum z^2 e^{k rate t} for k = 0, 1, 2, and the growth of ln|w_k|.
  struct Sums {
    Vector zeroth, first, second, growth;
  };
  /// The weights at t and what they differ by from those at the start, in units of their neuron's.
  struct Weights {
    Vector now, difference;
  };

  Index group_of(Index i) const { return flow_->groups().first[static_cast<std::size_t>(i)]; }
  Index neuron_of(Index i) const { return form_.neuron_of[static_cast<std::size_t>(i)]; }
  Sums sums(Real t) const;
  Weights weights(Real t) const;
  Vector shares(const Vector& w) const;

  PolarFlow* flow_;
  QuadraticForm form_;
  // At the start: the state; the weights in units of their neuron's e^{unit_}; that unit over |w_g|, for
  // every parameter, 0 where the group or the neuron is zero; whether it is not so for a part; z.
  Vector start_, unit_, scaled_, in_group_, moves_, coordinates_;
  Vector squares_;  // (e^{unit_} / rho)^2
  Real log_scale_ = 0;
};

}  // namespace saddleflow
