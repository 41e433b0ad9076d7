#include "saddleflow/saddle/refine.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

// Eigenvalues below this times the largest are directions in which the curvature vanishes.
constexpr Real kFlat = Real(1e-10);

std::vector<Index> nonzero(const Vector& w) {
  std::vector<Index> indices;
  for (Index i = 0; i < w.size(); ++i)
    if (w[i] != 0) indices.push_back(i);
  return indices;
}

/// One linearisation: gradient and Hessian on the weights that are not zero.
class Model {
 public:
  Model(Objective& objective, const Vector& w, const std::vector<Index>& active) : active_(active) {
    Vector gradient;
    Matrix hessian;
    loss = objective.gradient(w, gradient);
    objective.hessian(w, hessian);
    const Matrix block = hessian(active, active);
    eigen_ = symmetric_eigen(block, "refinement");
    gradient_norm = gradient.norm();
    components_ = eigen_.vectors.transpose() * gradient(active);
    largest = eigen_.values.cwiseAbs().maxCoeff();
  }

  /// Minimises |g + H d|^2 + shift^2 |d|^2 over the directions that are not flat.
  Vector step(Real shift, Index size) const {
    Vector coefficients = Vector::Zero(components_.size());
    for (Index i = 0; i < coefficients.size(); ++i) {
      const Real lambda = eigen_.values[i];
      if (std::abs(lambda) > kFlat * largest)
        coefficients[i] = -lambda * components_[i] / (lambda * lambda + shift * shift);
    }
    const Vector d = eigen_.vectors * coefficients;
    Vector full = Vector::Zero(size);
    for (std::size_t k = 0; k < active_.size(); ++k) full[active_[k]] = d[static_cast<Index>(k)];
    return full;
  }

  Real loss = 0, gradient_norm = 0, largest = 0;

 private:
  const std::vector<Index>& active_;
  SymmetricEigen eigen_;
  Vector components_;
};

}  // namespace

Refinement refine_critical_point(Objective& objective, const Vector& w, const RefineOptions& options) {
  Refinement result;
  result.point = w;
  const std::vector<Index> active = nonzero(w);
  if (active.empty())
    throw InputError("refinement: all weights are zero, the origin is a critical point already");
  const Real size = w.norm();
  Real shift = 0;
  Vector gradient;
  for (; result.iterations < options.max_iterations; ++result.iterations) {
    const Model model(objective, result.point, active);
    result.loss = model.loss;
    result.gradient_norm = model.gradient_norm;
    result.relative_gradient = model.gradient_norm / (model.largest * result.point.norm());
    // One step beyond the tolerance: Newton's last step costs little and squares the error.
    if (result.converged) break;
    result.converged = result.relative_gradient <= options.tolerance;
    bool moved = false;
    for (int attempt = 0; attempt < 30 && !moved; ++attempt) {
      const Vector trial = result.point + model.step(shift, w.size());
      const bool near = (trial - w).norm() <= options.trust * size;
      if (near) objective.gradient(trial, gradient);
      moved = near && gradient.norm() < model.gradient_norm;
      if (moved) result.point = trial;
      shift = moved ? shift / 10 : std::max(10 * shift, Real(1e-6) * model.largest);
      if (shift < Real(1e-8) * model.largest) shift = 0;
    }
    if (!moved) break;
  }
  result.loss = objective.gradient(result.point, gradient);
  result.gradient_norm = gradient.norm();
  result.displacement = (result.point - w).norm() / size;
  return result;
}

}  // namespace saddleflow
