// Random numbers that are the same on every platform: Boost's engine and distributions, whose algorithms are
// fixed, where those of the standard library are not.
#pragma once

#include <boost/random/mersenne_twister.hpp>
#include <cstdint>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Independent streams of one seed. A student and a teacher drawn with the same seed must not share their
/// numbers.
enum class RandomStream : std::uint32_t { general = 0, inputs = 1, targets = 2, noise = 3, test = 4 };

/// mt19937_64 seeded through a seed sequence with (seed, stream). Draws are made in double also where Real is
/// wider, and sums run in index order, so that every build poses the same problem, up to the rounding of
/// Real.
class Random {
 public:
  explicit Random(std::uint64_t seed, RandomStream stream = RandomStream::general);

  /// Uniform on [0, 1).
  Real uniform();
  /// Standard normal.
  Real normal();
  /// -1 or +1 with equal probability.
  Real sign();
  /// rows x cols of standard normals, drawn column after column.
  Matrix normal_matrix(Index rows, Index cols);
  /// Uniform on the unit sphere of R^n, n >= 1.
  Vector unit_vector(Index n);
  /// rows x cols with orthonormal columns, uniform (Haar) among them; throws std::invalid_argument unless
  /// rows >= cols >= 1.
  Matrix orthonormal_columns(Index rows, Index cols);

 private:
  boost::random::mt19937_64 engine_;
};

}  // namespace saddleflow
