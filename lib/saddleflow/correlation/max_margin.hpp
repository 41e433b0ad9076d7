// The other end of directional convergence: the KKT point of the max-margin problem to which the direction of
// the weights turns in the late phase of separable data (THEORY.md, section 1, "Late phase").
#pragma once

#include <atomic>

#include "saddleflow/base/real.hpp"
#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

/// Minimise ||w||^2 / 2 under m >= 1, m the margins (LossFunction::margin_terms()), q x n, in the notation of
/// the loss. At a KKT point w = sum lambda grad m with lambda >= 0, and lambda = 0 where m > 1.
struct MaxMarginPoint {
  /// Whether all conditions of a KKT point hold to `kMaxMarginTolerance`.
  bool converged = false;
  Vector weights;         ///< scaled so that the least margin is one
  Matrix margins;         ///< there, q x n
  Matrix multipliers;     ///< lambda, q x n; positive for the support vectors alone
  Index support = 0;      ///< margins with a positive multiplier
  Real normalised = 0;    ///< min m / ||w||^D
  Real stationarity = 0;  ///< ||w - sum lambda grad m|| / ||w||
  Real violation = 0;     ///< largest of 1 - m and of -lambda / sum lambda, at least zero
  bool interrupted = false;
  int newton_steps = 0;  ///< each solves for weights and multipliers at once
  int changes = 0;       ///< of the set of the support vectors
};

inline constexpr Real kMaxMarginTolerance = Real(1e-9);
/// A Newton step factors a matrix of that many rows and more: about a fifth of a second.
inline constexpr Index kMaxMarginWeights = 500;

/// The KKT point near the direction of w, by Newton's method on the KKT equations of the support vectors.
/// They are those whose multipliers of the loss at w are not small; then they change one by one until no
/// multiplier is negative and no margin less than one. The method knows nothing of the flow, so that the
/// angle between w and the point measures how far a run has come. Not converged: no KKT point of the branch
/// of the activations on which w lies is near; with kinks the limit may lie on one.
///
/// `interrupt`: ends the search after the step at hand when it becomes true; null: never.
///
/// Throws InputError unless the loss has the trait `classification`, the network is homogeneous, w classifies
/// all samples correctly, and the network has at most kMaxMarginWeights weights.
MaxMarginPoint find_max_margin_point(const Objective& objective, const Vector& w,
                                     const std::atomic<bool>* interrupt = nullptr);

}  // namespace saddleflow
