#include "saddleflow/ode/stepper/step_controller.hpp"

#include <algorithm>
#include <cmath>

#include "saddleflow/base/memory.hpp"

namespace saddleflow {
namespace {

// alpha k and beta k of the header.
constexpr Real kProportionalPower = Real(0.8), kIntegralPower = Real(0.3);

}  // namespace

void StepController::reset() {
  last_error_ = 0;
  rejected_ = false;
}

Real StepController::accepted(Real h, Real error) {
  using std::pow;
  const Real k = static_cast<Real>(exponent_);
  const bool history = last_error_ > 0 && !rejected_;
  Real factor = options_.max_factor;
  if (error > 0) {
    factor = options_.safety *
             (history ? pow(error, -kProportionalPower / k) * pow(last_error_, kIntegralPower / k)
                      : pow(error, Real(-1) / k));
    factor = std::clamp(factor, options_.min_factor, rejected_ ? Real(1) : options_.max_factor);
  }
  if (rejected_) factor = std::min(factor, Real(1));
  last_error_ = std::max(error, options_.smallest_history);
  rejected_ = false;
  return factor * h;
}

Real StepController::rejected(Real h, Real error) {
  using std::isfinite;
  using std::pow;
  rejected_ = true;
  if (!isfinite(error)) return options_.nonfinite_factor * h;
  const Real factor = options_.safety * pow(error, Real(-1) / static_cast<Real>(exponent_));
  return std::clamp(factor, options_.min_factor, Real(1)) * h;
}

Real StepController::indefinite(Real h) {
  rejected_ = true;
  return options_.indefinite_factor * h;
}

void StepController::save(MemoryWriter& memory) const {
  memory.add(last_error_);
  memory.add(rejected_);
}

void StepController::load(MemoryReader& memory) {
  last_error_ = memory.real();
  rejected_ = memory.integer() != 0;
}

}  // namespace saddleflow
