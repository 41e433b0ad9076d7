// Rodas5P: a Rosenbrock-Wanner method of order 5(4), L-stable and stiffly accurate, with dense output of
// order 4.
//
// Eight stages with one matrix,
//
//   (I/(gamma h) - J) U_i = f(t + c_i h, y + sum_j a_ij U_j) + sum_j C_ij U_j / h + h d_i f_t,
//   y_1 = y + sum_j a_8j U_j + U_8,   error estimate U_8,
//   y(t + theta h) = (1-theta) y + theta ( y_1 + (1-theta) (K_1 + theta (K_2 + theta K_3)) ),  K = H U.
//
// Where f is a gradient flow, J = -H is symmetric and H + I/(gamma h) is factorised by Cholesky in place; a
// failed factorisation says that h is too long for lambda_min(H), and the step is rejected. A general
// Jacobian is factorised by LU. Either is evaluated once a step and kept when a try is rejected. A system
// that offers neither gets a general one from differences of its right-hand side (difference_jacobian.hpp).
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
// Trailing quadrature components (see System) make J block-triangular; with Q their row of it the exact
// solution is U_q = gamma h (r_q + Q U_lead): O(q n), and the integrals have the method's full order.
#pragma once

#include <memory>
#include <vector>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/ode/stepper/difference_jacobian.hpp"
#include "saddleflow/ode/stepper/one_step_method.hpp"
#include "saddleflow/ode/stepper/rodas5p_coefficients.hpp"
#include "saddleflow/ode/stepper/spectral.hpp"

namespace saddleflow {

class Rodas5P final : public OneStepMethod {
 public:
  explicit Rodas5P(const StepperOptions& options);

  std::string_view method() const override { return stepper_name::rodas5p; }
  std::unique_ptr<Stepper> clone() const override { return std::make_unique<Rodas5P>(*this); }
  int dense_degree() const override { return 4; }

  /// Whether the Jacobian of the last step was symmetric (a Hessian).
  bool symmetric() const { return symmetric_; }
  /// Number of leading components, the size of the Jacobian.
  Index leading() const { return jacobian_.rows(); }
  /// Hessian (or minus the Jacobian) at the start of the last step, times v.
  void curvature(const Vector& v, Vector& out) const;

 private:
  void begin_step(const System& system) override;
  Trial attempt(const System& system, Real h) override;
  void interpolate(Real t, Vector& x) const override;

  void find_time_derivative(const System& system);
  void find_rounding();
  void find_resting();
  bool forgives_rounding() const { return options_.error.slope_rounding == SlopeRounding::forgiven; }
  bool all_rest() const;
  void silence_quadratures(Vector& slope) const;
  bool keep_resting(Vector& slope);
  void take_out_resting();
  void spread_rounding(Real h);
  bool factorize(Real h);
  void solve(Eigen::Ref<Vector> x);
  void solve_stage(int stage, Real h);
  enum class Stages { done, nonfinite, woken };
  Stages run_stages(const System& system, Real h);

  template <int Rows>
  using Table = Eigen::Matrix<Real, Rows, rodas5p::kStages, Eigen::RowMajor>;
  Table<rodas5p::kStages> a_, c_;
  Table<3> h_dense_;

  bool symmetric_ = true;
  bool has_time_derivative_ = false;
  DifferenceJacobian differences_;
  Matrix jacobian_;             ///< Hessian, or the Jacobian itself
  Matrix quadrature_jacobian_;  ///< Q
  Matrix factor_;               ///< lower Cholesky factor
  LuFactors lu_;
  Vector time_derivative_, argument_, rate_;
  Vector size_, slope_rounding_, least_curvature_;  ///< the last: what of the Hessian's diagonal is rounding
  std::vector<char> resting_;                       ///< components that stand still for the step
  int wakes_ = 0;
  Matrix stages_;  ///< U, a column a stage
  Matrix dense_;   ///< K of the last accepted step
};

}  // namespace saddleflow
