#include "saddleflow/correlation/tangent_space.hpp"

#include <utility>

namespace saddleflow {

TangentSpace::TangentSpace(const Matrix& normals) : qr_(normals) {}

Vector TangentSpace::coordinates(const Vector& v) const {
  Matrix rotated = v;
  qr_.apply_transpose(rotated);
  return rotated.col(0).tail(dimension());
}

Vector TangentSpace::vector(const Vector& coordinates) const {
  Matrix v = Matrix::Zero(qr_.rows(), 1);
  v.col(0).tail(dimension()) = coordinates;
  qr_.apply(v);
  return v.col(0);
}

Matrix TangentSpace::restricted(Matrix a) const {
  qr_.apply_transpose(a);
  qr_.apply_on_the_right(a);
  return a.bottomRightCorner(dimension(), dimension());
}

TangentSpectrum tangent_spectrum(const TangentSpace& space, const Matrix& a) {
  if (space.dimension() == 0) return {};
  SymmetricEigen eigen = symmetric_eigen(space.restricted(a), "curvature of the correlation");
  return {std::move(eigen.values), std::move(eigen.vectors)};
}

}  // namespace saddleflow
