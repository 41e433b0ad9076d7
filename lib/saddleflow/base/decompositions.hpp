// Eigen's dense decompositions, each compiled once: their templates are most of what building the library
// costs. Matrices may be empty, other than those of LuFactors and PivotedQr.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// A = V diag(values) V^T, values ascending.
struct SymmetricEigen {
  Vector values;
  Matrix vectors;
};

/// Of a symmetric matrix (its lower triangle is read). NumericalError that starts with `what` when the
/// iteration does not converge (entries that are not finite).
SymmetricEigen symmetric_eigen(const Matrix& a, const std::string& what);
/// The values alone.
Vector symmetric_eigenvalues(const Matrix& a, const std::string& what);
/// Of the symmetric tridiagonal matrix with this diagonal and off-diagonal (one entry less).
SymmetricEigen tridiagonal_eigen(const Vector& diagonal, const Vector& off_diagonal);

/// A = U diag(values) V^T with as many columns as the smaller side has, values descending (Jacobi's method).
struct ThinSvd {
  Matrix u;
  Vector values;
  Matrix v;
};
ThinSvd thin_svd(const Matrix& a);
/// The values alone, as many as the smaller side has, descending, each to some rounding errors of the
/// largest. NaN where an entry is not finite.
Vector singular_values(const Matrix& a);

/// Symmetric matrices up to this size are decomposed whole where an analysis or an iteration asks for
/// spectra: about ten times the cube of it in operations, and 8 MB.
inline constexpr Index kDenseSpectrum = 1000;

/// The X of least norm among those that minimise |A X - B|.
Matrix minimum_norm_least_squares(const Matrix& a, const Matrix& b);
/// The same with A's numerical rank: pivots up to `threshold` times the largest are zero.
Matrix minimum_norm_least_squares(const Matrix& a, const Matrix& b, Real threshold);

/// A = Q R without pivoting, rows >= columns: Q^T B's leading rows and R, or Q's leading columns.
struct ThinQr {
  Matrix q, r;
};
ThinQr thin_qr(const Matrix& a);

/// P A = L U of a general square matrix.
class LuFactors {
 public:
  void compute(const Matrix& a);
  /// After compute().
  Vector solve(const Vector& b) const;

 private:
  struct Implementation;
  std::shared_ptr<const Implementation> implementation_;
};

/// A P = Q R with column pivoting (Householder): the rank, and Q applied as a product of reflections.
class PivotedQr {
 public:
  explicit PivotedQr(const Matrix& a);
  /// Pivots up to `threshold` times the largest are zero.
  PivotedQr(const Matrix& a, Real threshold);
  Index rows() const { return rows_; }
  Index rank() const { return rank_; }
  /// The columns of A in the order of the pivots: the first rank() of them are independent.
  std::vector<Index> order() const;
  /// M -> Q M, M -> Q^T M, M -> M Q.
  void apply(Matrix& m) const;
  void apply_transpose(Matrix& m) const;
  void apply_on_the_right(Matrix& m) const;

 private:
  struct Implementation;
  std::shared_ptr<const Implementation> implementation_;
  Index rows_ = 0, rank_ = 0;
};

}  // namespace saddleflow
