// Data sets whose samples are matrices: a low-rank matrix measured by inner products, or entry by entry.
#pragma once

#include <cstdint>
#include <vector>

#include "saddleflow/base/random.hpp"
#include "saddleflow/base/real.hpp"
#include "saddleflow/problem/dataset.hpp"

namespace saddleflow {

/// U diag(singular_values) V^T with orthonormal columns of U (rows x r) and V (columns x r), uniform among
/// them. InputError where there are more values than the smaller side, none, or one is negative or not
/// finite.
Matrix low_rank_matrix(Index rows, Index columns, const std::vector<Real>& singular_values, Random& random);
/// U diag(eigenvalues) U^T, exactly symmetric; eigenvalues of either sign.
Matrix low_rank_symmetric_matrix(Index size, const std::vector<Real>& eigenvalues, Random& random);

enum class Measurement {
  gaussian,  ///< independent N(0, 1) entries
  symmetric  ///< N(0, 1) on the diagonal, N(0, 1/2) beside it, M = M^T
};

/// How matrices are measured. Either kind has E <M, C>^2 = |C|^2 (for symmetric C, where M is).
struct SensingOptions {
  Measurement measurement = Measurement::gaussian;
  Index samples = 0;
  std::uint64_t seed = 1;
  Real noise = 0;  ///< standard deviation of the Gaussian noise added to the targets
};

/// Inputs vec(M_i), column after column of M_i (rows columns x n), and targets <M_i, X> (1 x n) of the matrix
/// X. Uses the seed's streams `measurements` (`inputs`; for a test set: `test`) and `noise`. InputError for
/// no samples, a noise that is negative or not finite, or an X that is not finite or, measured symmetrically,
/// not symmetric.
Dataset matrix_sensing(const Matrix& x, const SensingOptions& options,
                       RandomStream measurements = RandomStream::inputs);

/// An entry of a matrix, counted from 0.
struct MatrixEntry {
  Index row = 0;
  Index column = 0;
};

/// The same with M_i = e_row e_column^T, i.e. the entries of X as targets, one a sample, in this order.
/// InputError for an entry outside of X or seen twice.
Dataset matrix_completion(const Matrix& x, const std::vector<MatrixEntry>& entries);
/// `count` different entries of a rows x columns matrix, uniformly drawn, column after column; all of them
/// for count = rows columns (matrix factorisation). InputError for a count below 1 or above that.
std::vector<MatrixEntry> draw_entries(Index rows, Index columns, Index count, Random& random);

}  // namespace saddleflow
