// The inactive neurons between two jumps of a skeleton, and their clocks.
#pragma once

#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

/// A neuron and its weights (incoming, then outgoing), of length 1; where neurons of several hidden layers
/// activate at once, they share weights, and all of them together have length 1.
using NeuronDirection = std::pair<Index, Vector>;

/// Times are slow times. The residual is that of look() until the next one.
class InactiveClocks {
 public:
  static constexpr Real kNever = std::numeric_limits<Real>::infinity();

  virtual ~InactiveClocks() = default;

  /// The point has changed: weights of the whole network, and -l'(H, Y) there, outputs x n.
  virtual void look(const Vector& point, const Matrix& residual) = 0;
  /// Until the first neuron activates; +infinity: none ever does.
  virtual Real wait() const = 0;
  /// `wait` on; returns the neurons that have activated within `tie` of it and are inactive no more.
  virtual std::vector<NeuronDirection> advance(Real wait, Real tie) = 0;
  /// A neuron that has vanished from the active ones, with the direction in which it did.
  virtual void add(const NeuronDirection& neuron) = 0;
  /// Weights of the whole network, zero but for what is inactive and changes while others jump; empty: it
  /// settles anew whatever happens, or does not move.
  virtual Vector riders() const { return {}; }
  /// These after the jump, weights that connect them with active neurons included, beside the active weights
  /// there (see carried_weights()).
  virtual void set_riders(const Vector& /*riders*/, const Vector& /*active*/) {}
  /// Sets the entries of the inactive neurons, see SkeletonJump::clocks.
  virtual void write_clocks(Vector& clocks) const = 0;
  virtual WorkCounters work() const = 0;
};

/// Of all neurons that are not zero in `direction`; networks as compute_skeleton() takes them, but for
/// diagonal ones.
std::unique_ptr<InactiveClocks> make_inactive_clocks(const Objective& objective, const Vector& direction);

}  // namespace saddleflow
