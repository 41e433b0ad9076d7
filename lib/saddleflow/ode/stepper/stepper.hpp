// The run-time interface of all steppers: Odeint's dense-output stepper concept with the system's type
// erased.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/real.hpp"
#include "saddleflow/base/stop_reason.hpp"
#include "saddleflow/ode/stepper/equal_groups.hpp"
#include "saddleflow/ode/stepper/error_control.hpp"
#include "saddleflow/ode/stepper/growth.hpp"
#include "saddleflow/ode/stepper/step_counters.hpp"
#include "saddleflow/ode/stepper/system.hpp"

namespace saddleflow {

class StepCheck;

/// Names of the library's own steppers; registry.hpp has what else is known of them.
namespace stepper_name {
inline constexpr const char* automatic = "auto";
inline constexpr const char* dopri5 = "dopri5";
inline constexpr const char* dop853 = "dop853";
inline constexpr const char* rodas5p = "rodas5p";
inline constexpr const char* rodas5p_cg = "rodas5p-cg";
inline constexpr const char* radau7 = "radau7";
inline constexpr const char* rkc2 = "rkc2";
inline constexpr const char* exponential = "exponential";
}  // namespace stepper_name

/// The stepper cannot go on, or whoever watches its steps ends them.
class StepFailure : public NumericalError {
 public:
  /// `reason`: one that is_failure().
  StepFailure(Stop reason, const std::string& message) : NumericalError(message), reason_(reason) {}
  Stop reason() const { return reason_; }

 private:
  Stop reason_;
};

/// One accepted step a call, dense output on it. The sequence of steps is a function of what initialize() or
/// restore() was given alone, never of the clock.
class Stepper {
 public:
  virtual ~Stepper() = default;
  /// A copy with all memory and dense output (Odeint passes steppers by value).
  virtual std::unique_ptr<Stepper> clone() const = 0;

  /// Which method took the last step: a name of step_method_names().
  virtual std::string_view method() const = 0;
  /// Start (again) from x at time t; dt > 0 is the first step to try. Forgets everything else, counters too.
  virtual void initialize(const Vector& x, Real t, Real dt) = 0;
  /// Take one accepted step; returns [t0, t1]. Throws StepFailure.
  virtual std::pair<Real, Real> do_step(const System& system) = 0;
  /// Dense output at t in [previous_time(), current_time()].
  virtual void calc_state(Real t, Vector& x) const = 0;
  /// Some methods need further right-hand sides for it; they are asked for now, else by the first
  /// calc_state(), and the system must live until then.
  virtual void complete_dense_output() const {}
  /// The degree of the dense output of the last step as a polynomial of time between its breaks; 0: it is
  /// none.
  virtual int dense_degree() const = 0;
  /// Where within the last step, as parts of it in (0, 1), ascending, its dense output passes from one
  /// polynomial to the next.
  virtual std::vector<Real> dense_breaks() const { return {}; }
  virtual const Vector& current_state() const = 0;
  virtual Real current_time() const = 0;
  virtual const Vector& previous_state() const = 0;
  virtual Real previous_time() const = 0;
  /// The step that will be tried next; shortening it (to hit an end time) keeps the rest of the memory.
  virtual Real current_time_step() const = 0;
  virtual void set_time_step(Real dt) = 0;
  /// Go on from x at time t, where the system's right-hand side may have changed: the derivative is forgotten
  /// and with it the dense output, step size and all other memory are kept.
  virtual void move(const Vector& x, Real t) = 0;
  /// Subtract `shift` from the stepper's clock (autonomous systems only), for long plateaus.
  virtual void shift_time(Real shift) = 0;

  virtual const StepCounters& counters() const = 0;
  /// Everything beyond (x, t) that the following steps depend on, counters included; restore() of it
  /// continues bit by bit as if never interrupted.
  virtual std::vector<Real> memory() const = 0;
  virtual void restore(const Vector& x, Real t, const std::vector<Real>& memory) = 0;

 protected:
  // Copied through clone() only.
  Stepper() = default;
  Stepper(const Stepper&) = default;
  Stepper& operator=(const Stepper&) = default;
};

/// Options shared by all steppers.
/// Matrices of a stiff method up to this size are factorised: 32 MB each, and n^3 / 3 operations a step.
inline constexpr int kDenseStiff = 2000;

struct StepperOptions {
  ErrorControl::Options error;
  ErrorGroups groups;
  ExchangeableGroups exchangeable;  ///< methods that solve equations keep equal ones equal (EqualGroups)
  Growth growth;        ///< of systems with products: stiff steps take it into account (IntegratingFactor)
  Real max_step = 0;    ///< 0: none
  bool smooth = false;  ///< the right-hand side has derivatives of all orders: "auto" then uses dop853
  bool kinked = false;  ///< it jumps, and a PiecewiseStepper drives the method: "auto" then uses no radau7
  int dense_limit = kDenseStiff;  ///< "auto": above this many components no Jacobian is formed
  int max_rejections = 60;  ///< consecutive rejections before StepFailure: at a half each, a step of 1e-18
  std::shared_ptr<StepCheck> check;  ///< asked about every accepted step; null: nobody
};

/// `name`: one of stepper_names(), those of one's own among them (register_stepper()). "auto" starts
/// explicit, detects the stability limit, goes stiff on the plateaus and comes back. Throws InputError naming
/// the known ones.
std::unique_ptr<Stepper> make_stepper(const std::string& name, const StepperOptions& options);
/// Names make_stepper() knows.
std::vector<std::string> stepper_names();

}  // namespace saddleflow
