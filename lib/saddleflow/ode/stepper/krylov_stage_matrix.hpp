// The stage matrix by its products: conjugate directions, no matrix.
#pragma once

#include <optional>
#include <vector>

#include "saddleflow/ode/stepper/conjugate_directions.hpp"
#include "saddleflow/ode/stepper/stage_matrix.hpp"

namespace saddleflow {

/// For systems with hessian_vector(). Memory: two vectors a direction that is kept.
///
/// Small neurons are decoupled from large ones but for their own size (THEORY.md, section 4). In one Krylov
/// space for all, what the residual of a neuron of 1e-12 is multiplied with while that of the large ones
/// falls would be anything. So each level of size (size_levels()) has directions of its own: the largest
/// level is solved first, its products change the residual of the others, and so on. What that changes in the
/// larger ones is of the order of the square of the smaller, and is solved by going through the levels again.
class KrylovStageMatrix final : public StageMatrix {
 public:
  std::unique_ptr<StageMatrix> clone() const override { return std::make_unique<KrylovStageMatrix>(*this); }
  /// InputError where the system offers no product.
  void begin(const System& system, const Vector& x, const Vector& f, Real t, Real h,
             const std::vector<int>& levels) override;
  bool symmetric() const override { return true; }
  void spread(const Vector& size, Vector& out) override;
  bool sampled() const override { return true; }
  bool prepare(Real shift, const Vector& extra, const Vector& rounding,
               const std::vector<char>& resting) override;
  Solved solve(Eigen::Ref<Vector> x, const StageError& error) override;
  void release() override;
  int products() const override { return products_; }
  // The directions do not know it: on a plateau they lie in the slow modes, where the right-hand sides are.
  std::optional<Real> largest(SpectralEstimator& /*estimator*/, int /*steps*/) const override { return {}; }

 private:
  void multiply(const Vector& v, Vector& out);
  void silence(Vector& v) const;
  bool is_enough(const std::vector<char>& mask, const Vector& residual, const Vector& solution,
                 const StageError& error);
  bool is_rounding(const std::vector<char>& mask, const Vector& residual, const Vector& solution) const;

  std::optional<System> system_;
  Vector x_;
  Real t_ = 0, shift_ = 0;
  Vector extra_, rounding_, masked_, right_, residual_, solution_, error_;
  std::vector<char> resting_;
  bool some_rest_ = false;
  struct Level {
    std::vector<char> mask;  ///< its components; empty: all
    ConjugateDirections directions;
  };
  std::vector<Level> levels_;
  int products_ = 0;  ///< of this step
  int most_ = 0;      ///< of this try and those before it
};

}  // namespace saddleflow
