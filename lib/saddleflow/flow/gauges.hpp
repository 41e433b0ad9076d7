// How well the exact consequences of gradient flow hold along a path, and how far they may be off before it
// is given up.
#pragma once

#include "saddleflow/base/real.hpp"
#include "saddleflow/flow/observables.hpp"
#include "saddleflow/problem/loss_function.hpp"

namespace saddleflow {

/// A tolerance holds for one step; what it makes of a path over a long run is some powers of ten more. By
/// judgement.
inline constexpr Real kStepsToPath = Real(1e4);

/// What a rise of the loss is measured in.
enum class LossUnit {
  at_start,  ///< L(0)
  /// The loss before the step: where it falls for ever L(0) says nothing of it. Or |grad L| |w|, if that is
  /// more: by so much the loss changes where the weights change by a part of themselves, and rtol is such a
  /// part. Where inputs are huge the loss falls by powers of ten, and what is left of it is far below that.
  before_step
};
/// The second of a loss whose infimum is not attained: each of its terms is known to its own last digits.
LossUnit loss_unit(const LossTraits& traits);

/// Of a path so far (THEORY.md, section 1).
struct Gauges {
  Real balance_drift = 0;  ///< largest of a neuron, relative to its own norm
  Real energy_drift = 0;   ///< largest |L(0) - L(t) - int ||grad L||^2| / L(0)
  Real loss_rise = 0;      ///< largest rise of the loss over a step, in units of it, see LossUnit

  /// Adds a step that ends at `now`, from the loss `last`; `first` is the loss at the start.
  void add(const Observables& now, Real last, Real first, LossUnit unit);
};

/// What is more than this is no path of the flow.
struct GaugeBounds {
  Real balance = 0;
  Real energy = 0;
  Real loss_rise = 0;
};

/// Balance and energy: the larger of 1e-6 and 1e4 rtol; loss rise: the larger of 1e-10 and rtol.
GaugeBounds gauge_bounds(Real rtol);

/// Throws StepFailure with Stop::balance_drift, energy_drift or loss_rise where a gauge is beyond its bound.
void require_within(const Gauges& gauges, const GaugeBounds& bounds, Real time, LossUnit unit);

}  // namespace saddleflow
