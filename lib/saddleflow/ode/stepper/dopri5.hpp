// Dormand-Prince 5(4): Odeint's runge_kutta_dopri5 inside Odeint's controlled_runge_kutta, with this
// library's error norm and step controller in place of Odeint's. Dense output of order 4 is the stepper's
// own.
//
// Odeint's dense_output_runge_kutta is not used: it hides the step size and the derivatives of both ends, so
// that shortening a step or restoring a run would need a fresh start.
#pragma once

#include <memory>

#include "saddleflow/ode/stepper/one_step_method.hpp"

namespace saddleflow {

class Dopri5 final : public OneStepMethod {
 public:
  explicit Dopri5(const StepperOptions& options);
  Dopri5(const Dopri5& other);
  Dopri5& operator=(const Dopri5&) = delete;
  ~Dopri5() override;

  std::string_view method() const override { return stepper_name::dopri5; }
  std::unique_ptr<Stepper> clone() const override { return std::make_unique<Dopri5>(*this); }
  /// Of order 4; Odeint's weights are polynomials of degree 5.
  int dense_degree() const override { return 5; }

 private:
  struct Checker;
  struct Adjuster;
  struct Odeint;  // keeps Odeint's headers out of this one

  void begin_step(const System& system) override;
  Trial attempt(const System& system, Real h) override;
  void interpolate(Real t, Vector& x) const override;

  std::unique_ptr<Odeint> odeint_;
  Trial trial_ = Trial::error;  ///< what the error checker made of the last try
};

}  // namespace saddleflow
