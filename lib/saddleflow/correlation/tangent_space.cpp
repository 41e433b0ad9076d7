#include "saddleflow/correlation/tangent_space.hpp"

#include <Eigen/Eigenvalues>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

TangentSpace::TangentSpace(const Matrix& normals) : qr_(normals) {}

Vector TangentSpace::coordinates(const Vector& v) const {
  Vector rotated = v;
  rotated.applyOnTheLeft(qr_.householderQ().adjoint());
  return rotated.tail(dimension());
}

Vector TangentSpace::vector(const Vector& coordinates) const {
  Vector v = Vector::Zero(qr_.rows());
  v.tail(dimension()) = coordinates;
  v.applyOnTheLeft(qr_.householderQ());
  return v;
}

Matrix TangentSpace::restricted(Matrix a) const {
  a.applyOnTheLeft(qr_.householderQ().adjoint());
  a.applyOnTheRight(qr_.householderQ());
  return a.bottomRightCorner(dimension(), dimension());
}

TangentSpectrum tangent_spectrum(const TangentSpace& space, const Matrix& a) {
  if (space.dimension() == 0) return {};
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(space.restricted(a));
  if (solver.info() != Eigen::Success || !solver.eigenvalues().allFinite())
    throw NumericalError("curvature of the correlation: the eigenvalue iteration did not converge");
  return {solver.eigenvalues(), solver.eigenvectors()};
}

}  // namespace saddleflow
