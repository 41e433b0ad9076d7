// Rodas5P: a Rosenbrock-Wanner method of order 5(4), L-stable and stiffly accurate, with dense output of
// order 4.
//
// Eight stages with one matrix,
//
//   (I/(gamma h) - J) U_i = f(t + c_i h, y + sum_j a_ij U_j) + sum_j C_ij U_j / h + h d_i f_t,
//   y_1 = y + sum_j a_8j U_j + U_8,   error estimate U_8,
//   y(t + theta h) = (1-theta) y + theta ( y_1 + (1-theta) (K_1 + theta (K_2 + theta K_3)) ),  K = H U.
//
// Where f is a gradient flow, J = -H is symmetric. There are two ways to solve the equations of the stages
// (StageMatrix).
//
// rodas5p forms H + I/(gamma h) and factorises it by Cholesky in place; a failed factorisation says that h is
// too long for lambda_min(H), and the step is rejected. A general Jacobian is factorised by LU. Either is
// evaluated once a step and kept when a try is rejected. A system that offers neither gets a general one from
// differences of its right-hand side.
//
// rodas5p-cg solves by conjugate directions on products with H, to a small part of the error that is allowed.
// All stages have one matrix, so the directions of one stage serve the next (ConjugateDirections).
//
// Slopes are rounded to r = c eps |J| |x|, component by component. Where a state rests while h grows without
// bound, h r would move it along its zero modes, and noise in J make the matrix indefinite. So components
// with slopes below r rest for the step, their equations taken out, as long as their slopes stay so at its
// stages; else the step begins again without their rest. That is an error no larger than that of the slopes,
// and what is left stays smooth: where weights creep below r the step is not rejected for it. And r_i / |x_i|
// is added to the diagonal: by Gershgorin's theorem for X J X, X = diag |x|, that makes up for any rounding
// of J. What r does to a step, no error of it, is what the matrix makes of it: h r along zero modes, r /
// lambda along stiff ones.
//
// Where small neurons grow by themselves (StepperOptions::growth) the stages are those of the system with an
// integrating factor for each of them (IntegratingFactor), which depends on time and has a symmetric Jacobian
// as well.
//
// Trailing quadrature components (see System) make J block-triangular; with Q their row of it the exact
// solution is U_q = gamma h (r_q + Q U_lead): O(q n), and the integrals have the method's full order.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "saddleflow/ode/stepper/difference_jacobian.hpp"
#include "saddleflow/ode/stepper/integrating_factor.hpp"
#include "saddleflow/ode/stepper/one_step_method.hpp"
#include "saddleflow/ode/stepper/rodas5p_coefficients.hpp"
#include "saddleflow/ode/stepper/stage_matrix.hpp"

namespace saddleflow {

class Rodas5P final : public OneStepMethod {
 public:
  enum class Solver { dense, conjugate_directions };

  explicit Rodas5P(const StepperOptions& options, Solver solver = Solver::dense);
  Rodas5P(const Rodas5P& other);
  Rodas5P& operator=(const Rodas5P& other) = delete;

  std::string_view method() const override {
    return solver_ == Solver::dense ? stepper_name::rodas5p : stepper_name::rodas5p_cg;
  }
  std::unique_ptr<Stepper> clone() const override { return std::make_unique<Rodas5P>(*this); }
  /// Of a step with integrating factors the dense output is no polynomial.
  int dense_degree() const override { return factor_.active() ? 0 : 4; }

  /// See StageMatrix::products(), of the last step.
  int products() const { return matrix_->products(); }
  /// Of the Hessian (or minus the Jacobian) at the start of the last step; see StageMatrix::largest().
  std::optional<Real> largest_eigenvalue(SpectralEstimator& estimator, int steps) const {
    return matrix_->largest(estimator, steps);
  }

 private:
  void begin_step(const System& system) override;
  Real longest_step() const override;
  Trial attempt(const System& system, Real h) override;
  void interpolate(Real t, Vector& x) const override;

  void begin_factor(const System& system);
  void leave_factor(Real h);
  void find_time_derivative(const System& system);
  void add_time_derivative(Real part);
  void find_rounding();
  void find_resting();
  bool forgives_rounding() const { return options_.error.slope_rounding == SlopeRounding::forgiven; }
  bool all_rest() const;
  void silence_quadratures(Vector& slope, const Vector& rates);
  bool keep_resting(Vector& slope, const Vector& rates);
  enum class Stages { done, nonfinite, woken, indefinite, stalled };
  Index leading() const { return x0_.size() - options_.error.quadratures; }
  Stages try_stages(const System& system, Real h);
  Stages spread_rounding(Real h);
  Stages solve(Eigen::Ref<Vector> x);
  Stages solve_stage(int stage, Real h);
  Real stage_error(const Vector& error, const Vector& stage);
  Stages run_stages(const System& system, Real h);

  template <int Rows>
  using Table = Eigen::Matrix<Real, Rows, rodas5p::kStages, Eigen::RowMajor>;
  Table<rodas5p::kStages> a_, c_;
  Table<3> h_dense_;

  Solver solver_;
  std::unique_ptr<StageMatrix> matrix_;
  std::optional<System> system_;  ///< of this step
  ErrorControl stage_control_;    ///< the same without what the way of the whole step allows
  bool has_time_derivative_ = false;
  Real time_unit_ = 1;  ///< of time_derivative_
  DifferenceJacobian differences_;
  mutable IntegratingFactor factor_;
  Vector start_rate_;           ///< at the start of the step, in the coordinates of the factor
  Matrix quadrature_jacobian_;  ///< Q
  Vector time_derivative_, argument_, rate_, stage_error_, moving_, integral_rates_;
  Real way_ = 0;  ///< length of the longest stage of this try so far
  Vector size_, slope_rounding_, stage_diagonal_;
  Vector least_curvature_;     ///< the last: what of the Hessian's diagonal is rounding
  std::vector<char> resting_;  ///< components that stand still for the step
  int wakes_ = 0;
  Matrix stages_;  ///< U, a column a stage
  Matrix dense_;   ///< K of the last accepted step
  Vector end_;     ///< its end in the coordinates of the factor
};

}  // namespace saddleflow
