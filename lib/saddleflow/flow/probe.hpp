// Evaluates what is recorded along a trajectory, in whichever chart its states are.
#pragma once

#include <cstdint>

#include <optional>

#include "saddleflow/base/real.hpp"
#include "saddleflow/flow/balance_gauge.hpp"
#include "saddleflow/flow/chart_view.hpp"
#include "saddleflow/flow/margin_gauge.hpp"
#include "saddleflow/flow/observables.hpp"

namespace saddleflow {

/// eta of Probe: below this part of its size at the origin the residual counts as fitted. Its square is what
/// is then left of the loss, 1e-8, far above rounding and far below the losses of saddles.
inline constexpr Real kFittedResidual = Real(1e-4);

/// A flow that is followed to a critical point has come to rest there where r falls below this: near enough
/// for Newton's method, well above the rounding of r.
inline constexpr Real kRestProximity = Real(1e-9);
/// And so many steps are enough to come there: plateaus cost about a hundred a decade of time, jumps some
/// hundreds.
inline constexpr std::int64_t kStepsToRest = 5'000;

/// Evaluates observables of the states of one trajectory: (w, E) of a GradientFlow, n + 1 numbers, or those
/// of a PolarFlow, n + groups + 2. The proximity to a critical point is
///   r = ||grad L|| ||w|| / ( ||H|| (||l'(H)|| + eta ||l'(0)||) ),   l' the derivative of the loss by the
///   outputs.
/// Without eta it is the sine between l' and the tangent space, up to a factor: free of units, of the
/// reduction, of the size of the weights and of the loss, so that r = O(1) both near the origin and in a jump
/// between two saddles of small loss (||grad L|| / (||H|| ||w||) misses those). eta = 1e-4 lets r fall to 0
/// where the data are fitted, at a loss of 1e-8 of that of the origin.
///   A loss whose infimum is not attained (LossTraits) has no such place. Its weights may grow for ever, on
///   all
/// samples or on some while others are silent, with ever smaller gradients and no critical point near. There
///   r = ||grad L|| ||w|| / sum_i |<l'_i, H_i>|,   over the samples, and the outputs where the loss is their
///   sum.
/// By Euler <w, grad L> = D sum_i <l'_i, H_i>: r >= D where no sample loses by growing, in the whole late
/// phase, while at a critical point the sum vanishes and the sizes do not.
///   A loss that is no function of a network's outputs (LossFunction::own_scale()) has a size of its own, S:
///   r = ||grad L|| ||w|| / S.
///   Everything that needs a gradient takes it from the objective, which keeps the one at the end of a step:
/// recording accepted steps costs no gradients.
class Probe {
 public:
  /// `x0`: the state at t = 0, in its chart, to which the drifts refer. The flows must outlive the probe;
  /// without `polar` every state is (w, E).
  /// `units`: the weights that are recorded are these times the coordinates of the flow, see FlowRates; no
  /// numbers: they are the coordinates. Norms, the gradient and recorded() are of the weights, everything
  /// else of the flow.
  Probe(GradientFlow& flow, const Vector& x0, PolarFlow* polar = nullptr, Vector units = {});
  // Events keep references to it.
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  /// `time` since the state to which the drifts refer: the balances of a flow with weight decay depend on it,
  /// and are not measured without it.
  void observe(const Vector& x, Observables& out, std::optional<Real> time = {});
  /// r alone.
  Real proximity(const Vector& x);
  Real loss(const Vector& x);
  /// ln ||w||.
  Real log_norm(const Vector& x);
  /// w, n numbers; those below the smallest number are zero.
  Vector weights(const Vector& x);
  /// w times the units.
  Vector recorded(const Vector& x);
  /// Proportional to d ln r / dt along the flow: negative while a critical point is approached. One gradient,
  /// one Hessian-vector product and one output tangent. 0 where r = 0.
  Real proximity_rate(const Vector& x);
  /// Sine of the angle between w and -grad L, 1 where they point against one another: 0 on a ray that the
  /// flow follows outwards (a positive KKT direction near the origin).
  Real misalignment(const Vector& x);

  /// Keeps the largest norms seen by observe(), part of a checkpoint.
  BalanceGauge& balance() { return balance_; }
  const BalanceGauge& balance() const { return balance_; }
  GradientFlow& flow() const { return flow_; }

 private:
  void measure_weights(const Vector& point, Real unit, Observables& out);
  ChartView& view(const Vector& x);
  /// Of the gradient in gradient_, and after it.
  Real proximity_of(ChartView& at);
  static Real own_unit(ChartView& at);
  ProximityScale own_proximity(ChartView& at);  // of the gradient in gradient_
  Real own_scale_rate(ChartView& at);           // of the product with it in product_
  void update_loss_derivative(ChartView& at);
  Real residual_scale() const;
  Real radial_size(ChartView& at);  // sum_i |<l'_i, H_i>| in units of the chart
  Real radial_rate(ChartView& at, const Matrix& tangent);

  GradientFlow& flow_;
  PolarFlow* polar_;
  Vector units_;
  CartesianView cartesian_view_;
  PolarView polar_view_;
  Real initial_loss_ = 0;
  Real origin_residual_ = 0;  // eta ||l'(0)||
  BalanceGauge balance_;
  MarginGauge margins_;
  bool attained_, separable_;  // of the loss
  const LossScale* own_scale_;
  Matrix residual_, scaled_, radial_;
  OutputCurvature curvature_;
  Vector gradient_, product_;
};

}  // namespace saddleflow
