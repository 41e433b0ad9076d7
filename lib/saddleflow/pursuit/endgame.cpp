#include "saddleflow/pursuit/endgame.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/correlation/trust_region.hpp"
#include "saddleflow/flow/probe.hpp"

namespace saddleflow {

namespace {

// Eigenvalues up to this, relative to the largest, are zero modes: moving along them gains nothing. Less than
// on the sphere (kFamilyMode), as valleys in which the loss falls slowly are to be crossed, not left out.
constexpr Real kZeroMode = Real(1e-11);
// A gain below this part of the loss is not seen in it: the rounding of a sum over samples.
constexpr Real kUnseenGain = Real(1e-13);
// Steps this short beside the weights are rounding of them.
constexpr Real kNoStep = 4 * std::numeric_limits<Real>::epsilon();
// No step is so many times longer than the first.
constexpr Real kLongestRadius = 10;

class TrustRegion {
 public:
  TrustRegion(Objective& objective, const Vector& w, const EndgameOptions& options)
      : objective_(objective),
        options_(options),
        flow_(objective),
        probe_(flow_, GradientFlow::initial_state(w)),
        radius_(options.radius) {
    result_.weights = w;
    result_.loss = objective.gradient(w, gradient_);
  }

  Endgame run() {
    for (; result_.iterations < options_.iterations; ++result_.iterations) {
      decompose();
      result_.converged = done();
      if (result_.converged || !step()) break;
    }
    return std::move(result_);
  }

 private:
  Real norm() const { return result_.weights.norm(); }

  void decompose() {
    objective_.hessian(result_.weights, hessian_);
    SymmetricEigen eigen = symmetric_eigen(hessian_, "endgame: Hessian");
    values_ = std::move(eigen.values);
    vectors_ = std::move(eigen.vectors);
    size_ = values_.cwiseAbs().maxCoeff();
    descent_ = -(vectors_.transpose() * gradient_);
    for (Index i = 0; i < values_.size(); ++i) {
      if (std::abs(values_[i]) > kZeroMode * size_) continue;
      values_[i] = 0;
      if (std::abs(descent_[i]) <= kFamilyGradient * descent_.norm()) descent_[i] = 0;
    }
    const Vector x = GradientFlow::initial_state(result_.weights);
    probe_.observe(x, observables_);
    result_.proximity = observables_.proximity;
  }

  bool done() const {
    if (result_.loss <= options_.loss) return true;
    return result_.proximity <= options_.tolerance && values_[0] >= -kFamilyMode * size_;
  }

  /// Shorter and shorter until the loss falls as the model says; false when not even the shortest helps.
  bool step() {
    Vector gradient(gradient_.size());
    while (radius_ > kNoStep) {
      const Vector s = trust_region_step(values_, descent_, radius_ * norm());
      const Real predicted = descent_.dot(s) - s.cwiseAbs2().dot(values_) / 2;
      if (!(predicted > 0)) return false;
      Vector next = result_.weights + vectors_ * s;
      for (Index i = 0; i < next.size(); ++i)  // an inactive neuron's zeros are exact
        if (result_.weights[i] == 0 && gradient_[i] == 0) next[i] = 0;
      const Real loss = objective_.gradient(next, gradient);
      // At the bottom the loss is rounding: there the gradient decides.
      const bool falls = loss < result_.loss ||
                         (predicted < kUnseenGain * result_.loss && gradient.norm() < gradient_.norm());
      const Real ratio = (result_.loss - loss) / predicted;
      if (ratio > kGoodModel && s.norm() > kAtBorder * radius_ * norm())
        radius_ = std::min(2 * radius_, kLongestRadius * options_.radius);
      else if (!(ratio > kPoorModel) && !(falls && predicted < kUnseenGain * result_.loss))
        radius_ /= kShrunkRadius;
      if (!falls) continue;
      result_.weights = next;
      result_.loss = loss;  // by rounding it may be the larger one: it is that of these weights
      gradient_ = gradient;
      return true;
    }
    return false;
  }

  Objective& objective_;
  const EndgameOptions& options_;
  GradientFlow flow_;
  Probe probe_;
  Observables observables_;
  Real radius_, size_ = 0;
  Vector gradient_, values_, descent_;
  Matrix hessian_, vectors_;
  Endgame result_;
};

}  // namespace

Endgame trust_region_descent(Objective& objective, const Vector& w, const EndgameOptions& options) {
  if (objective.size() > options.dense_limit || w.isZero(0)) {
    Endgame none;
    none.weights = w;
    none.loss = objective.value(w);
    return none;
  }
  return TrustRegion(objective, w, options).run();
}

}  // namespace saddleflow
