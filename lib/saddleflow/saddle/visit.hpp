// The visit of a trajectory to a critical point: how close it came, how it was predicted to leave, and how it
// left.
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
  // The prediction from the weights at the closest approach: the fastest way down.
  Index predicted_escape = -1;  ///< into CriticalPoint::escapes
  int predicted_layer = -1;
  Index predicted_neuron = -1;
  Real predicted_leave_time = unknown;  ///< when the displacement reaches the norm of the point, or blows up
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

/// `point` must be critical. `weights` and the exit direction are in the coordinates of the trajectory, not
/// in the basis of the point.
VisitAnalysis analyse_visit(const Network& network, const CriticalPoint& point, const VisitWeights& weights);

/// Cosine between two weight vectors of one neuron: the largest that the sign symmetry allows.
Real neuron_cosine(const Network& one_neuron, const Vector& a, const Vector& b);

}  // namespace saddleflow
