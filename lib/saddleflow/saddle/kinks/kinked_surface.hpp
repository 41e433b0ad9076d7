// The weights on which a network with kinks keeps some pre-activations at zero, as a place to look for
// critical points.
#pragma once

#include <vector>

#include "saddleflow/flow/piecewise_flow.hpp"
#include "saddleflow/saddle/potential.hpp"

namespace saddleflow {

/// M = { w : z_k(w) = 0 for the held kinks } in one mode of a network that PiecewiseFlow::applies_to(): held
/// are the sliding switches of a Mode, the others stay on their sides. Whatever the mode of the objective
/// was, it is that of this object while it lives, and none afterwards.
class KinkedSurface {
 public:
  /// InputError for other networks. The objective must outlive this.
  explicit KinkedSurface(Objective& objective);
  KinkedSurface(const KinkedSurface&) = delete;
  KinkedSurface& operator=(const KinkedSurface&) = delete;

  /// Sides by the signs of the pre-activations, held those with |z| <= tolerance |a| max(|in|, |out|), a the
  /// activations below, in and out the neuron's weights. Of neurons without any weights nothing is held: what
  /// they do is of second order, and their correlation function's business.
  Mode mode_at(const Vector& w, Real tolerance) const;
  /// Makes it the objective's mode. Neurons that are zero in w are cut off: the second derivatives of their
  /// weights depend on the direction.
  void enter(const Mode& mode, const Vector& w);
  const Mode& mode() const { return mode_; }
  const std::vector<Kink>& held() const { return held_; }
  const KinkIndex& index() const { return piecewise_.index(); }
  Objective& objective() const { return objective_; }
  Real low() const { return piecewise_.low(); }

  /// w onto M, by the least change to first order.
  void retract(Vector& w);
  /// The loss on M: tangent gradient, second derivative along M, retraction.
  Potential potential();
  /// Switches not held whose pre-activation at w is on the other side, or (landed) within `tolerance` of
  /// zero.
  struct Strays {
    std::vector<Index> crossed, landed;
  };
  Strays strays(const Vector& w, Real tolerance);
  /// Which slopes s at the held kinks: those in [alpha, 1] that make the gradient of the loss smallest, or
  /// those that leave no gradient across M, wherever they lie.
  enum class Choose { least_gradient, tangent };
  /// They, b_k = dL/da_k with these slopes in the layers above, and the gradient.
  struct Slopes {
    Vector slopes, back, gradient;
    ActivationPattern pattern;  ///< with these slopes
  };
  Slopes slopes_at(const Vector& w, Choose choose = Choose::least_gradient);
  /// grad z_k of these kinks in the mode, parameters x kinks.
  Matrix normals(const Vector& w, const std::vector<Kink>& kinks);
  /// With the held kinks cut off: slope zero.
  const ActivationPattern& pattern() const { return pattern_; }

 private:
  Objective& objective_;
  GradientFlow flow_;
  PiecewiseFlow piecewise_;
  Mode mode_;
  ActivationPattern pattern_;
  std::vector<Kink> held_;
};

}  // namespace saddleflow
