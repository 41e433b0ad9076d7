// The factors of a symmetric indefinite matrix: solutions, and the signs of its eigenvalues without the
// eigenvalues.
#pragma once

#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// How many eigenvalues are negative, zero and positive.
struct SignCounts {
  Index negative = 0, zero = 0, positive = 0;
  Index total() const { return negative + zero + positive; }
};

inline SignCounts operator+(const SignCounts& a, const SignCounts& b) {
  return {a.negative + b.negative, a.zero + b.zero, a.positive + b.positive};
}

/// P A P^T = L D L^T with L unit lower triangular and D of blocks of one or two rows (J. R. Bunch and L.
/// Kaufman, Some stable methods for calculating inertia and solving symmetric linear systems, Math. Comp. 31
/// (1977) 163), in panels of columns as LAPACK's dsytrf: n^3 / 3 operations, nearly all of them in products
/// of matrices. (Eigen's LDLT has no blocks of two rows and is not stable for indefinite matrices.) By
/// Sylvester's law A has the signs of D; to rounding, as a decomposition into eigenvalues would find them:
/// the factors are those of a matrix that differs from A by some roundings of |A|.
class SymmetricFactors {
 public:
  SymmetricFactors() = default;
  /// The lower triangle of A is read. NumericalError that starts with `what` where an entry is not finite.
  SymmetricFactors(Matrix a, const char* what);

  Index size() const { return factor_.rows(); }
  /// Zero counts pivots that are exactly zero.
  SignCounts inertia() const;
  /// b -> A^{-1} b, one right side a column. NumericalError where A is exactly singular.
  void solve_in_place(Matrix& b) const;
  Vector solve(const Vector& b) const;

 private:
  /// What the search for a pivot at one column has found.
  struct Pivot {
    Index row;
    int size;  // rows of the block
  };

  void factor_panel(Index first);
  Pivot find_pivot(Index k, Index column);
  void update_column(Index from, Index k, Index column);
  void exchange(Index to, Index from, Index k, Index column);
  void eliminate_one(Index k, Index column);
  void eliminate_two(Index k, Index column);
  void update_rest(Index first);

  Matrix factor_;             // L below the diagonal
  Matrix panel_;              // of L D, the columns of the present panel
  Vector diagonal_, beside_;  // of D; beside_[k] != 0: rows k and k+1 are a block
  std::vector<Index> order_;  // of the rows: row k of P A is row order_[k] of A
  Index panel_first_ = 0, done_ = 0;
};

/// Operations of the factors of n rows.
inline Real factor_operations(Index n) {
  const auto size = static_cast<Real>(n);
  return size * size * size / 3;
}

}  // namespace saddleflow
