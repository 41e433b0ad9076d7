// The matrix I/(gamma h) - J of a Rosenbrock step: what has its equations solved, dense or by products.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "saddleflow/ode/stepper/spectral.hpp"
#include "saddleflow/ode/stepper/system.hpp"

namespace saddleflow {

/// The size of an error of a stage, in units of what is allowed: (error, stage) of the leading components.
using StageError = std::function<Real(const Vector&, const Vector&)>;

/// Of the leading n components of a system; J is taken at the start of a step.
class StageMatrix {
 public:
  enum class Solved {
    done,
    indefinite,  ///< the step is too long for the negative curvature
    stalled      ///< as many products as a step may take do not solve the equations
  };

  virtual ~StageMatrix() = default;
  virtual std::unique_ptr<StageMatrix> clone() const = 0;

  /// Once a step, before the first try, which will be of length h. f is the right-hand side at (x, t). The
  /// system must live until the step is accepted. `levels`: see size_levels().
  virtual void begin(const System& system, const Vector& x, const Vector& f, Real t, Real h,
                     const std::vector<int>& levels) = 0;
  /// Whether J is minus a Hessian.
  virtual bool symmetric() const = 0;
  /// How much rounding of components changes slopes: out_i = sum_j |J_ij| size_j. Or, if sampled(), the same
  /// with signs in the sum, which says little for one component and enough for a group of them.
  virtual void spread(const Vector& size, Vector& out) = 0;
  virtual bool sampled() const = 0;
  /// Before the solutions of a try: `shift` = 1/(gamma h), `extra` is added to the diagonal, and the
  /// equations of components that rest are taken out. `rounding`: that of each component of the right-hand
  /// sides, below which a residual means nothing. False: indefinite.
  virtual bool prepare(Real shift, const Vector& extra, const Vector& rounding,
                       const std::vector<char>& resting) = 0;
  /// x becomes the solution with the right-hand side x. `error` judges solutions that are not exact.
  virtual Solved solve(Eigen::Ref<Vector> x, const StageError& error) = 0;
  /// After the last solution of a step: gives back memory that the next prepare() asks for again, if it is
  /// much.
  virtual void release() {}
  /// Products with the Hessian in the solutions of this step; 0 of a matrix that is formed.
  virtual int products() const { return 0; }
  /// The largest eigenvalue of the Hessian, or the spectral radius of J, from `steps` products with a matrix
  /// that is formed; none where it is not.
  virtual std::optional<Real> largest(SpectralEstimator& estimator, int steps) const = 0;

 protected:
  // Copied through clone() only.
  StageMatrix() = default;
  StageMatrix(const StageMatrix&) = default;
  StageMatrix& operator=(const StageMatrix&) = default;
};

}  // namespace saddleflow
