// DOP853: the explicit method of order 8 of Dormand and Prince, twelve right-hand sides a step, with the
// error estimates of order 5 and 3 and the dense output of order 7 of Hairer, Norsett and Wanner (Solving
// ODEs I, II.5 and II.6).
//
// With e5 and e3 the norms of the two estimates the error is e5^2 / sqrt(e5^2 + e3^2 / 100), of order h^8.
//
// Its steps are so long that the dense output, of lower order, can be a thousand times worse than their ends.
// So the defect of the interpolant is looked at, and where it is too large the step is taken again in a few
// parts. All this is done when the dense output of a step is asked for the first time: three right-hand
// sides, one for the defect, fifteen a part. Steps inside which nobody looks do without. The system must live
// until then.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "saddleflow/ode/stepper/dop853_coefficients.hpp"
#include "saddleflow/ode/stepper/one_step_method.hpp"

namespace saddleflow {

class Dop853 final : public OneStepMethod {
 public:
  explicit Dop853(const StepperOptions& options);

  std::string_view method() const override { return stepper_name::dop853; }
  std::unique_ptr<Stepper> clone() const override { return std::make_unique<Dop853>(*this); }
  void complete_dense_output() const override;
  int dense_degree() const override { return 7; }
  /// Completes the dense output.
  std::vector<Real> dense_breaks() const override;

  /// h times an estimate of the largest |eigenvalue| of the Jacobian that the last step felt, at no cost: by
  /// the two right-hand sides at its end (Hairer & Wanner, Solving ODEs II, IV.2). Beyond 6.4 it is unstable.
  Real stiffness() const;

 private:
  void begin_step(const System& system) override;
  Trial attempt(const System& system, Real h) override;
  void interpolate(Real t, Vector& x) const override;
  void forget() override;

  /// A polynomial of degree 7 on a part of the last step.
  struct Piece {
    Vector start;
    Matrix rest;  ///< the coefficients that multiply theta
  };
  void set_argument(const Vector& x, int stage, Real h) const;
  bool run_stages(const System& system, const Vector& x, Real t, Real h) const;
  Real estimate_error(Real h);
  void fit(const System& system, const Vector& from, const Vector& to, Real t, Real h, Piece& piece) const;
  Real interpolation_error(const System& system, Real h) const;
  void refine(const System& system, int parts) const;

  template <int Rows>
  using Table = Eigen::Matrix<Real, Rows, dop853::kAllStages, Eigen::RowMajor>;
  Table<dop853::kAllStages> a_;
  Table<2> error_;  ///< weights of the estimates of order 5 and 3
  Table<4> high_;   ///< of the dense output

  // Mutable: completed by the first to ask for the dense output.
  mutable Matrix stages_;  ///< derivatives, a column a stage
  mutable Vector argument_, rate_, slope_;
  mutable std::vector<Piece> pieces_;
  mutable int parts_ = 1;                 ///< pieces in use, of equal length
  mutable Vector from_, gap_;             ///< gap_: from the end of the last part to that of the step
  mutable std::optional<System> system_;  ///< of the last step, until its dense output is complete
};

}  // namespace saddleflow
