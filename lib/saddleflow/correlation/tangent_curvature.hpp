// The eigenvalues of the curvature of the NCF on the sphere at a KKT point, whole or neuron by neuron.
#pragma once

#include <memory>

#include "saddleflow/correlation/sphere.hpp"

namespace saddleflow {

/// Eigenvalues of M = D N I - Hess N on the tangent space of the sphere at u, and their vectors.
class TangentCurvature {
 public:
  virtual ~TangentCurvature() = default;

  /// n - 1 of them, ascending.
  virtual const Vector& values() const = 0;
  /// V^T A, where the columns of V are the eigenvectors of values `first` ... `first + count - 1` in R^n;
  /// A: n x any number.
  virtual Matrix inside(Index first, Index count, const Matrix& a) const = 0;
};

/// One Hessian and its decomposition, n x n. Where N is a sum over neurons (NeuronSum) and the point is
/// stationary to 1e-9, M has one block for each neuron, and u is an eigenvector with the eigenvalue
/// D (2 - D) N: one Hessian and one decomposition of a neuron's size for each active neuron and one for all
/// others. Throws NumericalError when the iteration does not converge (entries that are not finite).
std::unique_ptr<TangentCurvature> tangent_curvature(Correlation& correlation, const SpherePoint& at);

}  // namespace saddleflow
