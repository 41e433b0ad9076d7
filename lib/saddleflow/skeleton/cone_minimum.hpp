// The least loss of a linear model over a cone of signs.
#pragma once

#include "saddleflow/problem/dataset.hpp"
#include "saddleflow/problem/loss.hpp"

namespace saddleflow {

struct ConeMinimum {
  enum class Status {
    found,
    unbounded,  ///< the loss has no minimiser: it falls for ever along a ray of the cone
    stalled,    ///< neither a minimiser nor such a ray was found
  };
  Status status = Status::found;
  Vector beta;      ///< d
  Vector gradient;  ///< of L there, d
  Real loss = 0;
};

/// min L(beta^T X) over sigma_j beta_j >= 0 where sigma_j = +-1, beta_j = 0 where sigma_j = 0, for targets of
/// one row. Quadratic losses: bounded_least_squares() on the cone. Other convex losses: Newton's method, a
/// problem of that kind each step, with backtracking; rays are looked for where a loss of classes does not
/// attain its infimum. Where the minimiser is not unique, one near `start`; its gradient is unique.
/// InputError for losses that are not convex or not bounded below, and sizes that do not fit.
ConeMinimum minimise_on_cone(const Dataset& data, const Loss& loss, const Vector& sigma, const Vector& start);

}  // namespace saddleflow
