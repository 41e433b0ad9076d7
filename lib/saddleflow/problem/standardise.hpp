// Standardised columns: mean 0, variance 1.
#pragma once

#include <string>
#include <vector>

#include "saddleflow/problem/dataset.hpp"

namespace saddleflow {

/// What the columns of one data set are shifted and scaled by: to mean 0 and population variance 1 over its
/// samples. A constant column is shifted to 0 and not scaled.
class Standardiser {
 public:
  enum class Columns { all, inputs };
  /// `inputs`: targets stay as they are, as those that are classes do.
  Standardiser(const Dataset& data, Columns columns);

  /// That data set or another one, with as many columns; its `constant_columns` become those of the first.
  void apply(Dataset& data) const;

 private:
  struct Scaling {
    Vector mean;
    Vector rest;  ///< the rounding of the mean, which matters where that is large against the spread
    Vector spread;
    void apply(Matrix& values) const;
  };
  static Scaling scaling_of(const Matrix& values, char letter, std::vector<std::string>& constant);

  std::vector<std::string> constant_;
  Scaling inputs_, targets_;  ///< the latter empty where targets stay
};

}  // namespace saddleflow
