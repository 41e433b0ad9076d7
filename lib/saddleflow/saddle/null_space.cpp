#include "saddleflow/saddle/null_space.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/problem/neuron_factors.hpp"
#include "saddleflow/saddle/sign_counts.hpp"

namespace saddleflow {
namespace {

// Beside zero eigenvalues, which are some roundings of the largest, and far below those that are not zero.
constexpr Real kInsideZero = Real(0.01);
// Each makes what is not of the null space smaller by a hundred at least, and mostly by many decades.
constexpr int kInverseIterations = 4;

using Solve = std::function<void(Matrix& b)>;

Solve solve_whole(const Potential& potential, const Vector& w, Real shift) {
  Matrix hessian(w.size(), w.size());
  potential.hessian(w, hessian);
  hessian.diagonal().array() -= shift;
  const auto factors = std::make_shared<SymmetricFactors>(std::move(hessian), "null space");
  return [factors](Matrix& b) { factors->solve_in_place(b); };
}

/// The form must outlive it.
Solve solve_by_neurons(const NeuronEigenform& form, Real shift) {
  const auto factors = std::make_shared<NeuronFactors>(form, shift, std::abs(shift));
  return [factors](Matrix& b) {
    for (Index k = 0; k < b.cols(); ++k) b.col(k) = factors->solve(b.col(k));
  };
}

/// Rayleigh and Ritz: those of the space that belong to zero, if there are as many.
std::optional<Matrix> ritz_vectors(const Potential& potential, const Vector& w, const Matrix& space,
                                   Real zero) {
  Matrix image(space.rows(), space.cols());
  Vector v, product(w.size());
  for (Index k = 0; k < space.cols(); ++k) {
    v = space.col(k);
    potential.hessian_vector(w, v, product);
    image.col(k) = product;
  }
  const Matrix small = space.transpose() * image;
  const SymmetricEigen eigen = symmetric_eigen((small + small.transpose()) / 2, "null space");
  const Matrix residuals = image * eigen.vectors - space * eigen.vectors * eigen.values.asDiagonal();
  if (!(eigen.values.cwiseAbs().maxCoeff() <= zero) || !(residuals.colwise().norm().maxCoeff() <= zero))
    return std::nullopt;
  return space * eigen.vectors;
}

}  // namespace

std::optional<Matrix> null_space_of(const Potential& potential, const Vector& w, Real zero, Index count,
                                    const NeuronEigenform* form) {
  const auto n = static_cast<Real>(w.size()), columns = static_cast<Real>(count);
  const SignCosts costs = sign_costs(potential, form);
  // Two triangles and an orthonormalisation an iteration, and the products at the end.
  const Real iterations = kInverseIterations * columns * (n * n + n * columns);
  if (std::min(costs.whole, costs.by_neurons) + iterations > kMostSignOperations) return std::nullopt;
  if (count == 0) return Matrix(w.size(), 0);
  const Real shift = kInsideZero * zero;
  std::optional<NeuronEigenform> made;
  if (form == nullptr && costs.by_neurons < costs.whole)
    if (std::optional<NeuronForm> parts = potential.neuron_form(w)) form = &made.emplace(std::move(*parts));
  const bool by_neurons = form != nullptr && costs.by_neurons < costs.whole;
  const Solve solve = by_neurons ? solve_by_neurons(*form, shift) : solve_whole(potential, w, shift);
  Random random(1);
  Matrix space = random.orthonormal_columns(w.size(), count);
  for (int k = 0; k < kInverseIterations; ++k) {
    solve(space);
    if (!space.allFinite()) return std::nullopt;
    space = thin_qr(space).q;
  }
  return ritz_vectors(potential, w, space, zero);
}

}  // namespace saddleflow
