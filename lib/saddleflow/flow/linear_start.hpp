// A stepper for the polar chart that makes exact steps where the flow near the origin is linear.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "saddleflow/flow/linear_polar_flow.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"

namespace saddleflow {

/// Steps of LinearPolarFlow, with exact dense output, while the bound of what its neglected terms have
/// changed of any w_g stays below a hundredth of the tolerance; steps of another stepper before and after. A
/// step is short enough that no direction turns by more than a third of a radian and nothing grows or falls
/// by more than e^20, so that what is recorded at its ends shows the way. Costs one Hessian at all and a
/// gradient a step, that of the bound.
class LinearStart final : public Stepper {
 public:
  /// `flow` must outlive the stepper, be the system of its steps and one that QuadraticForm::applies_to;
  /// `rtol` is that of `inner`.
  LinearStart(PolarFlow& flow, std::unique_ptr<Stepper> inner, Real rtol);
  LinearStart(const LinearStart& other);
  LinearStart& operator=(const LinearStart&) = delete;

  std::unique_ptr<Stepper> clone() const override { return std::make_unique<LinearStart>(*this); }
  /// "exponential" for exact steps.
  std::string_view method() const override;
  void initialize(const Vector& x, Real t, Real dt) override;
  std::pair<Real, Real> do_step(const System& system) override;
  void calc_state(Real t, Vector& x) const override;
  void complete_dense_output() const override;
  int dense_degree() const override { return exact_ ? 0 : inner_->dense_degree(); }
  std::vector<Real> dense_breaks() const override;
  const Vector& current_state() const override { return exact_ ? x1_ : inner_->current_state(); }
  Real current_time() const override { return exact_ ? t1_ : inner_->current_time(); }
  const Vector& previous_state() const override { return exact_ ? x0_ : inner_->previous_state(); }
  Real previous_time() const override { return exact_ ? t0_ : inner_->previous_time(); }
  Real current_time_step() const override;
  void set_time_step(Real dt) override;
  void move(const Vector& x, Real t) override;
  void shift_time(Real shift) override;
  const StepCounters& counters() const override;
  std::vector<Real> memory() const override;
  void restore(const Vector& x, Real t, const std::vector<Real>& memory) override;

 private:
  void decompose();
  bool near_origin(const Vector& x);
  void try_to_begin();
  Real turning_step() const;
  Real allowed_step(Real h, const Vector& sensitivity) const;
  bool exact_step();
  void hand_over();
  Real in_units_of_rate(Real way) const { return way / linear_->fastest(); }

  PolarFlow& flow_;
  std::unique_ptr<Stepper> inner_;
  Real allowed_;  // of the relative error of a w_g
  std::optional<LinearPolarFlow> linear_;

  bool exact_ = false;                               // the last step was one, and so may be the next
  Real watched_ = std::numeric_limits<Real>::max();  // ln rho below which it is worth a try
  Real limit_ = 0;                                   // of the next step by the caller, 0: none
  Vector x0_, x1_;
  Real t0_ = 0, t1_ = 0;
  Vector error_, sensitivity_;  // at x1_: the bound so far, and LinearPolarFlow::sensitivity()
  StepCounters banked_;         // exact steps, and those of inner_ before them
  mutable StepCounters total_;
};

}  // namespace saddleflow
