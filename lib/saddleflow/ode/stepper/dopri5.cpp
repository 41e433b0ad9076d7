#include "saddleflow/ode/stepper/dopri5.hpp"

#include "saddleflow/ode/stepper/odeint_eigen.hpp"

namespace saddleflow {

namespace odeint = boost::numeric::odeint;

/// Odeint's ErrorChecker concept. The norm needs the new state as well, which lies in the owner.
struct Dopri5::Checker {
  Dopri5* owner;

  Real error(odeint::vector_space_algebra&, const Vector& /*x_old*/, const Vector& /*dxdt_old*/,
             Vector& x_err, Real dt) const {
    return owner->error_norm(x_err, dt);
  }
};

/// Odeint's StepAdjuster concept; the orders it is told are the controller's already.
struct Dopri5::Adjuster {
  Dopri5* owner;

  Real decrease_step(Real dt, Real error, int /*error_order*/) const { return judge(dt, error); }
  Real increase_step(Real dt, Real error, int /*stepper_order*/) const { return judge(dt, error); }
  bool check_step_size_limit(Real /*dt*/) const { return true; }
  Real get_max_dt() const { return 0; }

 private:
  Real judge(Real dt, Real error) const {
    owner->trial_ = owner->conclude(error, dt);
    return owner->next_;
  }
};

struct Dopri5::Odeint {
  using Base = odeint::runge_kutta_dopri5<Vector, Real, Vector, Real, odeint::vector_space_algebra>;
  using Controlled = odeint::controlled_runge_kutta<Base, Checker, Adjuster>;

  Odeint(Dopri5* owner, const Base& base) : controlled(Checker{owner}, Adjuster{owner}, base) {}
  Controlled controlled;
};

Dopri5::Dopri5(const StepperOptions& options)
    : OneStepMethod(options, 5), odeint_(std::make_unique<Odeint>(this, Odeint::Base())) {}

Dopri5::Dopri5(const Dopri5& other)
    : OneStepMethod(other),
      odeint_(std::make_unique<Odeint>(this, other.odeint_->controlled.stepper())),
      trial_(other.trial_) {}

Dopri5::~Dopri5() = default;

void Dopri5::begin_step(const System& system) { estimate_rounding(system); }

OneStepMethod::Trial Dopri5::attempt(const System& system, Real h) {
  Real t = t0_;
  Real dt = h;
  odeint_->controlled.try_step(system, x0_, f0_, t, x_try_, f_try_, dt);
  return trial_;
}

void Dopri5::interpolate(Real t, Vector& x) const {
  x.resizeLike(x1_);
  odeint_->controlled.stepper().calc_state(t, x, x0_, f0_, t0_, x1_, f1_, t1_);
}

}  // namespace saddleflow
