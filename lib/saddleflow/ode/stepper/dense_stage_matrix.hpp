// The stage matrix as a matrix, factorised once a try: Cholesky for a gradient flow, else LU.
#pragma once

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/ode/stepper/difference_jacobian.hpp"
#include "saddleflow/ode/stepper/stage_matrix.hpp"

namespace saddleflow {

/// n^3 / 3 operations a try and three n x n matrices. Systems that offer neither Hessian nor Jacobian get a
/// general one from differences of their right-hand side (difference_jacobian.hpp).
class DenseStageMatrix final : public StageMatrix {
 public:
  std::unique_ptr<StageMatrix> clone() const override { return std::make_unique<DenseStageMatrix>(*this); }
  void begin(const System& system, const Vector& x, const Vector& f, Real t, Real h,
             const std::vector<int>& levels) override;
  bool symmetric() const override { return symmetric_; }
  void spread(const Vector& size, Vector& out) override;
  bool sampled() const override { return false; }
  bool prepare(Real shift, const Vector& extra, const Vector& rounding,
               const std::vector<char>& resting) override;
  Solved solve(Eigen::Ref<Vector> x, const StageError& error) override;
  std::optional<Real> largest(SpectralEstimator& estimator, int steps) const override;

 private:
  void take_out(const std::vector<char>& resting);

  bool symmetric_ = true;
  DifferenceJacobian differences_;
  Matrix jacobian_;  ///< Hessian (its lower triangle), or the Jacobian itself
  Matrix factor_;    ///< lower Cholesky factor
  LuFactors lu_;
};

}  // namespace saddleflow
