#include "saddleflow/saddle/refine_model.hpp"

#include <algorithm>
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

// The largest Hessian that is made as a whole: 512 MB.
constexpr Index kMostWhole = 8192;

/// Rows and columns of the active weights: of the whole Hessian, or, where that is large, by a product each.
Matrix hessian_on(const Potential& potential, const Vector& w, const std::vector<Index>& active) {
  if (w.size() <= kMostWhole) {
    Matrix hessian(w.size(), w.size());
    potential.hessian(w, hessian);
    return hessian(active, active);
  }
  const auto count = static_cast<Index>(active.size());
  Matrix block(count, count);
  Vector direction = Vector::Zero(w.size()), product(w.size());
  for (Index k = 0; k < count; ++k) {
    const Index place = active[static_cast<std::size_t>(k)];
    direction[place] = 1;
    potential.hessian_vector(w, direction, product);
    direction[place] = 0;
    block.col(k) = product(active);
  }
  return (block + block.transpose()) / 2;
}

Real quotient(Real a, Real b) { return b > 0 ? a / b : Real(0); }

// Active weights of a network above that size whose Hessian is made by products: fewer than the products of a
// Krylov space of 300 dimensions, and the last step is exact.
constexpr Index kFewActive = 300;

}  // namespace

bool refines_dense(Index size, Index active, Index dense_limit) {
  return active <= (size <= kMostWhole ? dense_limit : std::min(dense_limit, kFewActive));
}

DenseRefineModel::DenseRefineModel(const Potential& potential, const Vector& w,
                                   const std::vector<Index>& active)
    : active_(active), size_(w.size()) {
  gradient.resize(w.size());
  loss = potential.gradient(w, gradient);
  eigen_ = symmetric_eigen(hessian_on(potential, w, active), "refinement");
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
