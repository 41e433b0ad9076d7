// A stepper that the library does not know: one class and one line that registers it.
#pragma once

#include "saddleflow/ode/stepper/one_step_method.hpp"

namespace saddleflow::test {

/// The method of order three of P. Bogacki and L. F. Shampine, "A 3(2) pair of Runge-Kutta formulas", Appl.
/// Math. Lett. 2 (1989) 321, with cubic Hermite interpolation.
class BogackiShampine final : public OneStepMethod {
 public:
  static constexpr const char* kName = "bogacki_shampine";

  explicit BogackiShampine(const StepperOptions& options) : OneStepMethod(options, 3) {}

  std::string_view method() const override { return kName; }
  std::unique_ptr<Stepper> clone() const override { return std::make_unique<BogackiShampine>(*this); }
  int dense_degree() const override { return 3; }

 private:
  Trial attempt(const System& system, Real h) override;
  void interpolate(Real t, Vector& x) const override;

  Vector k2_, k3_, argument_;
};

/// Registers it; once, however often it is called.
void register_own_stepper();

}  // namespace saddleflow::test
