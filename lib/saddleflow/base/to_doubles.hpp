// From the library's numbers to those of a file, and back.
#pragma once

#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

inline std::vector<double> to_doubles(const Vector& v) {
  std::vector<double> out(static_cast<std::size_t>(v.size()));
  for (Index i = 0; i < v.size(); ++i) out[static_cast<std::size_t>(i)] = static_cast<double>(v[i]);
  return out;
}

inline Vector to_vector(const std::vector<double>& numbers) {
  return Eigen::Map<const Eigen::VectorXd>(numbers.data(), static_cast<Index>(numbers.size())).cast<Real>();
}

/// Row-major, one sample a row: the columns of the matrix one after the other.
inline std::vector<double> samples_by_row(const Matrix& samples) {
  std::vector<double> out;
  out.reserve(static_cast<std::size_t>(samples.size()));
  for (Index i = 0; i < samples.cols(); ++i)
    for (Index j = 0; j < samples.rows(); ++j) out.push_back(static_cast<double>(samples(j, i)));
  return out;
}

}  // namespace saddleflow
