// A second judge of steps, which sees what an error estimate is blind to.
#pragma once

#include <functional>
#include <optional>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Asked after every try with a finite result. A function of its arguments alone, so that a run that was
/// interrupted goes on as it would have.
class StepCheck {
 public:
  struct Step {
    const Vector& x0;  ///< state at the start
    const Vector& x1;  ///< state at the end; that of an accepted step is what the system has evaluated last
    Real h;
    Real error;  ///< estimate in units of the tolerance: above 1 the step has been rejected already
  };
  /// The norm of a local error in units of the tolerance.
  using Norm = std::function<Real(const Vector& error)>;

  virtual ~StepCheck() = default;
  /// None: nothing to add. Else the part of the step, in (0, 1), that is to be tried instead.
  virtual std::optional<Real> shorter(const Step& step, const Norm& norm) = 0;
};

}  // namespace saddleflow
