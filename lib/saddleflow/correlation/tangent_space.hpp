// The orthogonal complement of a few vectors, and the spectrum of a symmetric matrix on it.
#pragma once

#include <algorithm>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Orthonormal coordinates of the complement of span(normals) in R^n. With u alone: the tangent space of the
/// sphere; with kinks beside it: that of a face.
class TangentSpace {
 public:
  /// `normals`: n x r, r >= 1, of any rank.
  explicit TangentSpace(const Matrix& normals);

  Index dimension() const { return qr_.rows() - qr_.rank(); }
  /// Coordinates of the projection of v, and back.
  Vector coordinates(const Vector& v) const;
  Vector vector(const Vector& coordinates) const;
  /// The matrix of v -> P A v in these coordinates.
  Matrix restricted(Matrix a) const;

 private:
  PivotedQr qr_;
};

/// A = V diag(values) V^T on a tangent space, values ascending, columns of V in its coordinates.
struct TangentSpectrum {
  Vector values;
  Matrix vectors;
  /// Largest magnitude; 0 without eigenvalues.
  Real size() const { return values.size() > 0 ? values.cwiseAbs().maxCoeff() : Real(0); }
};

/// Eigenvalues of the curvature at a point with this residual that are zero, as a part of the largest: zero
/// modes come out as large as the distance to the KKT point makes them, some times the residual, and as the
/// root of rounding.
inline Real zero_curvature(Real residual) { return std::max(Real(1e-8), 10 * residual); }

/// Throws NumericalError when the iteration does not converge (entries that are not finite).
TangentSpectrum tangent_spectrum(const TangentSpace& space, const Matrix& a);

}  // namespace saddleflow
