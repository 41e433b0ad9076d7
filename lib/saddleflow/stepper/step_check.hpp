// A second judge of steps, which sees what an error estimate is blind to.
#pragma once

#include <functional>
#include <optional>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Asked after every try that the error estimate has accepted. A function of its arguments alone, so that a
/// run that was interrupted goes on as it would have.
class StepCheck {
 public:
  struct Step {
    const Vector& x0;  ///< state at the start
    const Vector& f0;  ///< its derivative
    const Vector& x1;  ///< state at the end
    const Vector& f1;  ///< its derivative: what the system has evaluated last
    Real h;
  };
  /// The norm of a local error in units of the tolerance.
  using Norm = std::function<Real(const Vector& error)>;

  virtual ~StepCheck() = default;
  /// None: the step is good. Else the part of it, in (0, 1), that is to be tried instead.
  virtual std::optional<Real> shorter(const Step& step, const Norm& norm) = 0;
};

}  // namespace saddleflow
