// The sizes of a loss that is no function of a network's outputs, so that they cannot be measured by these.
#pragma once

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Of the weights w: what the proximity to a critical point is made of.
struct ProximityTerms {
  Real loss = 0;
  Real slope = 0;   ///< ||grad L|| ||w||
  Real radial = 0;  ///< <w, grad L>
};

/// The size S of r = ||grad L|| ||w|| / S, and its derivatives by the terms.
struct ProximityScale {
  Real size = 0;
  Real by_loss = 0, by_slope = 0, by_radial = 0;
};

/// See LossFunction::own_scale().
class LossScale {
 public:
  virtual ~LossScale() = default;

  /// Stands for L(0): a loss that counts as large.
  virtual Real reference() const = 0;
  /// What is left of the loss above its infimum, as a part of that of the reference.
  virtual Real excess(Real loss) const = 0;
  /// S, of which r is O(1) in a jump and 0 at a critical point.
  virtual ProximityScale proximity(const ProximityTerms& terms) const = 0;
};

}  // namespace saddleflow
