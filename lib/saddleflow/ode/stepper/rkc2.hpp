// RKC2: the second-order Runge-Kutta-Chebyshev method, explicit with a stability interval that grows as the
// square of the number of stages s: h lambda_max <= 2/3 (s^2 - 1)(1 - 2/15 * 2/13).
//
// B. P. Sommeijer, L. F. Shampine, J. G. Verwer, "RKC: an explicit solver for parabolic PDEs", J. Comput.
// Appl. Math. 88 (1998) 315: damping 2/13, error estimate 0.8 (y_n - y_{n+1}) + 0.4 h (F_n + F_{n+1}), s
// right-hand sides a step. Dense output is cubic Hermite (order 3, more than the method's).
//
// The tolerance of a step falls as the power 3/2 of the one asked for, so that the error of the
// path is proportional to that; the number of steps grows as its inverse square root.
//
// lambda_max comes from a Lanczos process, with the Ritz residual as safety, renewed every so many steps and
// after a rejection that an old estimate may have caused. lambda_min < 0 is no concern of stability: growth
// is limited by accuracy alone.
#pragma once

#include <memory>

#include "saddleflow/ode/stepper/one_step_method.hpp"
#include "saddleflow/ode/stepper/spectral.hpp"

namespace saddleflow {

class Rkc2 final : public OneStepMethod {
 public:
  explicit Rkc2(const StepperOptions& options);

  std::string_view method() const override { return stepper_name::rkc2; }
  std::unique_ptr<Stepper> clone() const override { return std::make_unique<Rkc2>(*this); }
  int dense_degree() const override { return 3; }

  /// The latest estimate, without safety.
  const SpectralInterval& spectrum() const { return spectrum_; }
  /// Stages needed for stability at h * lambda_max = z.
  static int stages_for(Real z);

 private:
  /// Accepted steps until an estimate is renewed, at first.
  static constexpr int kFirstInterval = 5;

  void begin_step(const System& system) override;
  Trial attempt(const System& system, Real h) override;
  Real longest_step() const override;
  void interpolate(Real t, Vector& x) const override;
  void forget() override;
  void save_method(MemoryWriter& memory) const override;
  void load_method(MemoryReader& memory) override;

  void estimate(const System& system);
  bool run_stages(const System& system, Real h, int stages);

  SpectralEstimator estimator_;
  SpectralInterval spectrum_;
  Real bound_ = 0;                 ///< of lambda_max, with safety
  int age_ = -1;                   ///< accepted steps since the estimate; -1: none
  int interval_ = kFirstInterval;  ///< renew after so many
  int max_stages_;
  Vector older_, old_, rate_, error_;
};

}  // namespace saddleflow
