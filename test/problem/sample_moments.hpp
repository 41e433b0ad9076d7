// Means over samples against the moments of the distribution, in units of their own standard errors.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/base/real.hpp"

namespace saddleflow::test {

/// |mean of `values` - expected| / (standard deviation of the values / sqrt n). Values that do not vary must
/// be as expected, to rounding: then 0, else infinite.
inline Real deviation_of_mean(const Vector& values, Real expected) {
  const auto n = static_cast<Real>(values.size());
  const Real difference = std::abs(values.mean() - expected);
  const Real error = std::sqrt((values.array() - values.mean()).square().sum()) / n;
  if (error > 0) return difference / error;
  return difference <= Real(1e-12) * std::abs(expected) ? Real(0) : std::numeric_limits<Real>::infinity();
}

/// The largest over all entries of (1/n) X X^T - expected, samples as columns.
inline Real deviation_of_second_moment(const Matrix& x, const Matrix& expected) {
  Real largest = 0;
  for (Index j = 0; j < x.rows(); ++j)
    for (Index i = 0; i <= j; ++i)
      largest =
          std::max(largest, deviation_of_mean(x.row(i).cwiseProduct(x.row(j)).transpose(), expected(i, j)));
  return largest;
}

}  // namespace saddleflow::test
