#include "ode/stepper/own_stepper.hpp"

#include "saddleflow/ode/stepper/registry.hpp"

namespace saddleflow::test {

OneStepMethod::Trial BogackiShampine::attempt(const System& system, Real h) {
  k2_.resizeLike(x0_);
  k3_.resizeLike(x0_);
  argument_ = x0_ + h / 2 * f0_;
  system(argument_, k2_, t0_ + h / 2);
  argument_ = x0_ + 3 * h / 4 * k2_;
  system(argument_, k3_, t0_ + 3 * h / 4);
  x_try_ = x0_ + h / 9 * (2 * f0_ + 3 * k2_ + 4 * k3_);
  system(x_try_, f_try_, t0_ + h);
  if (!f_try_.allFinite()) return nonfinite(h);
  const Vector error = h * (-Real(5) / 72 * f0_ + k2_ / 12 + k3_ / 9 - f_try_ / 8);
  return conclude(error_norm(error, h), h);
}

void BogackiShampine::interpolate(Real t, Vector& x) const {
  const Real h = t1_ - t0_, s = (t - t0_) / h, r = 1 - s;
  x = (1 + 2 * s) * r * r * x0_ + s * s * (3 - 2 * s) * x1_ + h * s * r * (r * f0_ - s * f1_);
}

void register_own_stepper() {
  for (const std::string& name : stepper_names())
    if (name == BogackiShampine::kName) return;
  const auto make = [](const StepperOptions& options) { return std::make_unique<BogackiShampine>(options); };
  register_stepper(
      {BogackiShampine::kName, StepperRole::method, make, "explicit, of a test", 3, false, 3, ""});
}

}  // namespace saddleflow::test
