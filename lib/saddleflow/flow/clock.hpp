// Time on long plateaus: segment start + offset, so that a step far smaller than the time still counts.
#pragma once

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Absolute time of a stepper whose own clock is set back now and then. The origin of that clock is kept as
/// an unevaluated sum (Neumaier's compensated summation), so set-backs lose nothing.
class Clock {
 public:
  Clock() = default;
  Clock(Real high, Real low) : high_(high), low_(low) {}

  /// Absolute time of `local` on the stepper's clock.
  Real absolute(Real local) const { return high_ + (low_ + local); }
  /// Local time of an absolute one.
  Real local(Real absolute) const { return (absolute - high_) - low_; }
  /// The stepper's clock has been set back by `shift`.
  void advance(Real shift) {
    const Real sum = high_ + shift;
    const bool larger = (high_ < 0 ? -high_ : high_) >= (shift < 0 ? -shift : shift);
    low_ += larger ? (high_ - sum) + shift : (shift - sum) + high_;
    high_ = sum;
  }
  Real high() const { return high_; }
  Real low() const { return low_; }

 private:
  Real high_ = 0;
  Real low_ = 0;
};

}  // namespace saddleflow
