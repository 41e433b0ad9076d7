#include "saddleflow/problem/matrix_sensing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/error.hpp"

namespace saddleflow {
namespace {

void check_values(const std::vector<Real>& values, Index most, Real least, const char* what) {
  const auto count = static_cast<Index>(values.size());
  if (count < 1 || count > most)
    throw InputError(fmt::format("low-rank matrix: found {} {}, expected 1 to {}", count, what, most));
  for (const Real value : values)
    if (!std::isfinite(value) || value < least)
      throw InputError(fmt::format("low-rank matrix: found {} among the {}, expected finite numbers{}", value,
                                   what, least == 0 ? ", not negative" : ""));
}

ConstVectorView values_view(const std::vector<Real>& values) {
  return {values.data(), static_cast<Index>(values.size())};
}

void check_sensing(const Matrix& x, const SensingOptions& options) {
  if (options.samples < 1)
    throw InputError(
        fmt::format("matrix sensing: found {} samples, expected a positive number", options.samples));
  if (!std::isfinite(options.noise) || options.noise < 0)
    throw InputError(
        fmt::format("matrix sensing: found a noise of {}, expected a number from 0", options.noise));
  if (options.seed > static_cast<std::uint64_t>(std::numeric_limits<long>::max()))
    throw InputError(fmt::format("matrix sensing: found the seed {}, expected at most {}", options.seed,
                                 std::numeric_limits<long>::max()));
  if (x.size() == 0 || !x.allFinite())
    throw InputError(
        fmt::format("matrix sensing: found a {} x {} matrix{}, expected one with entries, all finite",
                    x.rows(), x.cols(), x.size() == 0 ? "" : " with a number that is not finite"));
  if (options.measurement == Measurement::symmetric && (x.rows() != x.cols() || x != x.transpose()))
    throw InputError("matrix sensing: symmetric measurements of a matrix that is not symmetric");
}

}  // namespace

Matrix low_rank_matrix(Index rows, Index columns, const std::vector<Real>& singular_values, Random& random) {
  check_values(singular_values, std::min(rows, columns), 0, "singular values");
  const auto rank = static_cast<Index>(singular_values.size());
  const Matrix u = random.orthonormal_columns(rows, rank);
  const Matrix v = random.orthonormal_columns(columns, rank);
  return u * values_view(singular_values).asDiagonal() * v.transpose();
}

Matrix low_rank_symmetric_matrix(Index size, const std::vector<Real>& eigenvalues, Random& random) {
  check_values(eigenvalues, size, -std::numeric_limits<Real>::infinity(), "eigenvalues");
  const Matrix u = random.orthonormal_columns(size, static_cast<Index>(eigenvalues.size()));
  const Matrix x = u * values_view(eigenvalues).asDiagonal() * u.transpose();
  return (x + x.transpose()) / Real(2);
}

Dataset matrix_sensing(const Matrix& x, const SensingOptions& options, RandomStream measurements) {
  check_sensing(x, options);
  Dataset data;
  Random random(options.seed, measurements);
  data.inputs = random.normal_matrix(x.size(), options.samples);
  if (options.measurement == Measurement::symmetric)
    for (Index i = 0; i < options.samples; ++i) {
      MatrixView m(data.inputs.col(i).data(), x.rows(), x.cols());
      m = ((m + m.transpose()) / Real(2)).eval();
    }
  data.targets.noalias() = ConstVectorView(x.data(), x.size()).transpose() * data.inputs;
  if (options.noise > 0) {
    Random noise(options.seed, RandomStream::noise);
    data.targets += options.noise * noise.normal_matrix(1, options.samples);
  }
  data.origin = "generator matrix_sensing";
  data.seed = static_cast<long>(options.seed);
  return data;
}

Dataset matrix_completion(const Matrix& x, const std::vector<MatrixEntry>& entries) {
  if (entries.empty()) throw InputError("matrix completion: found no entries, expected at least one");
  const auto count = static_cast<Index>(entries.size());
  Matrix seen = Matrix::Zero(x.rows(), x.cols());
  Dataset data;
  data.inputs.setZero(x.size(), count);
  data.targets.resize(1, count);
  for (Index i = 0; i < count; ++i) {
    const auto [row, column] = entries[static_cast<std::size_t>(i)];
    if (row < 0 || row >= x.rows() || column < 0 || column >= x.cols())
      throw InputError(
          fmt::format("matrix completion: found the entry ({}, {}), expected one of a {} x {} matrix", row,
                      column, x.rows(), x.cols()));
    if (std::exchange(seen(row, column), Real(1)) != 0)
      throw InputError(fmt::format("matrix completion: found the entry ({}, {}) twice", row, column));
    data.inputs(row + x.rows() * column, i) = 1;
    data.targets(0, i) = x(row, column);
  }
  data.origin = "generator matrix_completion";
  return data;
}

// Selection sampling: each entry in turn is taken with the probability that makes all subsets equally likely
// (Knuth, The Art of Computer Programming, vol. 2, section 3.4.2, algorithm S).
std::vector<MatrixEntry> draw_entries(Index rows, Index columns, Index count, Random& random) {
  if (rows < 1 || columns < 1 || count < 1 || count > rows * columns)
    throw InputError(fmt::format("matrix completion: found {} entries of a {} x {} matrix, expected 1 to {}",
                                 count, rows, columns, rows * columns));
  std::vector<MatrixEntry> entries;
  for (Index place = 0; place < rows * columns; ++place) {
    const Index left = rows * columns - place, wanted = count - static_cast<Index>(entries.size());
    if (random.uniform() * static_cast<Real>(left) < static_cast<Real>(wanted))
      entries.push_back({place % rows, place / rows});
  }
  return entries;
}

}  // namespace saddleflow
