// A trajectory's visit of a critical point: how close it came, what was foretold, how it left.
#pragma once

#include <limits>

#include "saddleflow/saddle/critical_point.hpp"

namespace saddleflow {

struct VisitWeights {
  Vector closest;  ///< at the closest approach
  Vector exit;     ///< where it was left; empty if it was not
  Real closest_time = 0;
};

struct VisitAnalysis {
  static constexpr Real unknown = std::numeric_limits<Real>::quiet_NaN();

  Real closest_distance = unknown;  ///< ||w - p|| / ||p|| at the closest approach (p = 0: ||w||)
  Real small_norm = unknown;        ///< norm of the inactive neurons' weights there
  Real kept_drift = unknown;        ///< ||w - p|| there, on the other weights
  // What the saddle foretells from the weights at the closest approach: which way down is the fastest.
  Index predicted_escape = -1;  ///< into CriticalPoint::escapes
  int predicted_layer = -1;
  Index predicted_neuron = -1;
  Real predicted_leave_time = unknown;  ///< when the displacement is of the size of the point, or blows up
  // How the trajectory left.
  Vector exit_direction;           ///< (w - p) / ||w - p||; empty if it did not
  Index escape = -1;               ///< the way down that it follows most closely
  Real exit_overlap = unknown;     ///< eigenvectors: share of the displacement in the unstable space;
                                   ///< correlation: cosine of the growing neuron's weights with the KKT point
  int left_layer = -1;             ///< of the inactive neuron that has grown most ...
  Index left_neuron = -1;          ///< ... and its number; -1 where none has
  Real small_alignment = unknown;  ///< of all inactive neurons with the KKT points nearest to each, by size
  WorkCounters work;               ///< of the prediction
};

/// `point` must be critical; its basis is its own affair, weights and exit direction are the trajectory's.
VisitAnalysis analyse_visit(const Network& network, const CriticalPoint& point, const VisitWeights& weights);

/// Cosine of two weight vectors of one neuron, the better one of those that the sign symmetry allows.
Real neuron_cosine(const Network& one_neuron, const Vector& a, const Vector& b);

}  // namespace saddleflow
