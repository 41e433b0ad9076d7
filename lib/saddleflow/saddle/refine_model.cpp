#include "saddleflow/saddle/refine_model.hpp"

#include <cmath>

namespace saddleflow {

namespace {

// Eigenvalues below this times the largest are directions in which the curvature vanishes, to its rounding
// and that of the point.
constexpr Real kFlat = Real(1e-10);
// Of the inner system: a Newton step by this much exact is as good as one, as two of them square 1e-8 to
// rounding.
constexpr Real kInner = Real(1e-8);

Vector spread(const Vector& values, const std::vector<Index>& places, Index size) {
  Vector full = Vector::Zero(size);
  for (std::size_t k = 0; k < places.size(); ++k) full[places[k]] = values[static_cast<Index>(k)];
  return full;
}

Real quotient(Real a, Real b) { return b > 0 ? a / b : Real(0); }

}  // namespace

DenseRefineModel::DenseRefineModel(const Potential& potential, const Vector& w,
                                   const std::vector<Index>& active)
    : active_(active), size_(w.size()) {
  gradient.resize(w.size());
  Matrix hessian(w.size(), w.size());
  loss = potential.gradient(w, gradient);
  potential.hessian(w, hessian);
  const Matrix block = hessian(active, active);
  eigen_ = symmetric_eigen(block, "refinement");
  gradient_norm = gradient.norm();
  components_ = eigen_.vectors.transpose() * gradient(active);
  largest = eigen_.values.cwiseAbs().maxCoeff();
  flatness = quotient(eigen_.values.cwiseProduct(components_).norm(), largest * gradient_norm);
}

Vector DenseRefineModel::step(Real shift) const {
  Vector coefficients = Vector::Zero(components_.size());
  for (Index i = 0; i < coefficients.size(); ++i) {
    const Real lambda = eigen_.values[i];
    if (std::abs(lambda) > kFlat * largest)
      coefficients[i] = -lambda * components_[i] / (lambda * lambda + shift * shift);
  }
  return spread(eigen_.vectors * coefficients, active_, size_);
}

KrylovRefineModel::KrylovRefineModel(const Potential& potential, const Vector& w,
                                     const std::vector<Index>& active, Index steps)
    : active_(active), size_(w.size()) {
  Vector product(w.size());
  gradient.resize(w.size());
  loss = potential.gradient(w, gradient);
  gradient_norm = gradient.norm();
  const Vector right = -gradient(active);
  if (!(right.norm() > 0)) return;
  const Product curvature = [&](const Vector& v, Vector& out) {
    potential.hessian_vector(w, spread(v, active, size_), product);
    out = product(active);
  };
  space_.emplace(curvature, right, steps, kInner);
  largest = space_->operator_norm();
  Vector image(right.size());
  curvature(right, image);
  flatness = quotient(image.norm(), largest * gradient_norm);
}

Vector KrylovRefineModel::step(Real shift) const {
  if (!space_) return Vector::Zero(size_);
  return spread(space_->solve(shift), active_, size_);
}

}  // namespace saddleflow
