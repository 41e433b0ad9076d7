// What all one-step methods share: the loop over tries, the outcomes of a try, counters, memory.
//
// The loop is where Odeint's silent failures are closed: a non-finite stage or result rejects and shrinks, a
// step that does not change the time and a long row of rejections throw. The derivative at both ends of the
// step belongs to this class and is forgotten with initialize(), so it cannot go stale.
#pragma once

#include <limits>
#include <memory>

#include "saddleflow/ode/stepper/step_controller.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"

namespace saddleflow {

class OneStepMethod : public Stepper {
 public:
  void initialize(const Vector& x, Real t, Real dt) final;
  std::pair<Real, Real> do_step(const System& system) final;
  void calc_state(Real t, Vector& x) const final;
  const Vector& current_state() const final { return x1_; }
  Real current_time() const final { return t1_; }
  const Vector& previous_state() const final { return x0_; }
  Real previous_time() const final { return t0_; }
  Real current_time_step() const final { return h_; }
  void set_time_step(Real dt) final;
  void move(const Vector& x, Real t) final;
  void shift_time(Real shift) final;
  const StepCounters& counters() const final { return counters_; }
  std::vector<Real> memory() const final;
  void restore(const Vector& x, Real t, const std::vector<Real>& memory) final;

  /// f at the current state, after a step.
  const Vector& current_derivative() const { return f1_; }
  /// The tolerance is so small that the rounding of slopes is estimated, and may be most of what they differ
  /// by.
  bool knows_rounding() const { return rounding_.size() > 0; }
  void save(MemoryWriter& memory) const;
  void load(const Vector& x, Real t, MemoryReader& memory);

 protected:
  enum class Trial { accepted, error, nonfinite, indefinite };

  /// `exponent`: the local error estimate is O(h^exponent).
  OneStepMethod(const StepperOptions& options, int exponent);
  OneStepMethod(const OneStepMethod&) = default;
  OneStepMethod& operator=(const OneStepMethod&) = default;

  /// Once a step, before the first try; x0_, f0_, t0_ are its start.
  virtual void begin_step(const System& /*system*/) {}
  /// One try of length h: fills x_try_ and f_try_ = f(x_try_) and calls conclude() (or does what it does).
  virtual Trial attempt(const System& system, Real h) = 0;
  /// The longest step the method can take from here (stability); asked before every try.
  virtual Real longest_step() const { return std::numeric_limits<Real>::infinity(); }
  /// Dense output of the last accepted step, t0_ < t1_.
  virtual void interpolate(Real t, Vector& x) const = 0;
  /// Memory beyond step size, derivative and counters.
  virtual void forget() {}
  virtual void save_method(MemoryWriter& /*memory*/) const {}
  virtual void load_method(MemoryReader& /*memory*/) {}

  /// Of a try of length h; uses rounding_.
  Real error_norm(const Vector& error, Real h, Real stiffness = 0);
  /// Methods without a matrix: fills rounding_ from one product with the Hessian, where the tolerance is so
  /// small that rounding may matter. For begin_step().
  void estimate_rounding(const System& system);
  /// Judge a try: sets next_.
  Trial conclude(Real error, Real h);
  Trial nonfinite(Real h);
  Trial indefinite(Real h);

  StepperOptions options_;
  ErrorControl control_;
  StepController controller_;
  StepCounters counters_;
  Trial last_rejection_ = Trial::accepted;  // names the cause of a later underflow
  Vector x0_, x1_, x_try_;
  Vector f0_, f1_, f_try_;
  Real t0_ = 0, t1_ = 0;
  Real next_ = 0;    ///< the step that a try proposes
  Vector rounding_;  ///< of the slopes at x0_, empty: not known
  /// Those at x0_. This class makes them equal at the end of a step and in its dense output. A method that
  /// solves equations does so for its solutions.
  EqualGroups equal_;

 private:
  void open_step(const System& system);
  Trial check_step(Real h, Trial trial);
  void count(Trial trial);
  [[noreturn]] void fail(Trial last, int tries) const;

  Vector scaled_, size_;
  Real h_ = 0;
  Real error_ = 0;      ///< of the last try
  int cuts_ = 0;        ///< of this step, by options_.check
  Real resumed_ = 0;    ///< where there was one: the step proposed before it
  bool fresh_ = false;  ///< f1_ is f(x1_, t1_)
};

}  // namespace saddleflow
