// Linear least squares with bounds on the variables.
#pragma once

#include "saddleflow/base/real.hpp"

namespace saddleflow {

struct BoundedSolution {
  Vector x;
  Real residual = 0;      ///< ||A x - b||
  bool converged = true;  ///< false: the limit of the iterations was reached; x is feasible, if not optimal
};

/// min ||A x - b|| over lower <= x <= upper (element-wise, finite), A of any shape and rank, by the
/// active-set method of P. B. Stark and R. L. Parker, Bounded-variable least squares: an algorithm and
/// applications, Computational Statistics 10 (1995) 129-141, on each group of columns that share a row with
/// non-zero entries. Where the minimiser is not unique, one near `start` (made feasible first). Throws
/// InputError when the sizes do not fit or a lower bound exceeds its upper bound.
BoundedSolution bounded_least_squares(const Matrix& a, const Vector& b, const Vector& lower,
                                      const Vector& upper, const Vector& start);

}  // namespace saddleflow
