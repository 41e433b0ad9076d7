// Whether the flow from a small start points along a KKT point when the NCF flow does (P1, P2).
#pragma once

#include <vector>

#include "validation/limit_direction.hpp"

namespace saddleflow::claims {

/// An error at T within this of the accuracy that the NCF flow has there counts as reached: T is a time at
/// which the error is that accuracy, and a tenth more is what a finite delta adds.
inline constexpr Real kReachedAccuracy = Real(1.1);

/// One start: what its NCF flow predicts, and the flow of every delta beside it.
struct EarlyDirection {
  LimitDirection limit;
  std::vector<Real> times;      ///< T of each accuracy; empty: the limit is not resolved
  std::vector<Real> ncf_bound;  ///< per accuracy: max over [0, T_k] of the NCF flow's norm, which starts at 1
  std::vector<Real> norm_bound;  ///< per delta: max over [0, T_1/delta^{D-2}] of ||w|| / delta
  /// error[i][k]: delta i, accuracy k: distance of the direction to the limit's at T_k/delta^{D-2};
  /// ||w||/delta there when the NCF flow collapses. NaN: not reached within the step limit.
  std::vector<std::vector<Real>> error;
};

/// `accuracies` descending; T_1 belongs to the first.
EarlyDirection follow_early_direction(Problem& problem, const Vector& u0,
                                      const std::vector<Real>& accuracies);

/// For separable networks of degree 2: how many neurons are within `accuracy` of their own limits (or of
/// zero) at a time at which every neuron's own NCF flow is, for each delta.
struct NeuronDirections {
  Index neurons = 0, collapsing = 0, standing = 0, unresolved = 0;
  Index limits = 0;  ///< different KKT points of the one-neuron NCF that they go to
  Real time = 0;
  Real norm = 0;              ///< ||w|| then, for the smallest delta
  std::vector<Index> within;  ///< per delta
  std::vector<Real> largest;  ///< per delta: largest error of a neuron
};
NeuronDirections follow_neurons(Problem& problem, const Vector& u0, Real accuracy);

}  // namespace saddleflow::claims
