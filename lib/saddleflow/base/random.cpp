#include "saddleflow/base/random.hpp"
#include "saddleflow/base/decompositions.hpp"

#include <array>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/seed_seq.hpp>
#include <boost/random/uniform_01.hpp>
#include <cmath>
#include <stdexcept>

namespace saddleflow {

namespace {

boost::random::mt19937_64 seeded_engine(std::uint64_t seed, RandomStream stream) {
  const std::array<std::uint32_t, 3> words = {static_cast<std::uint32_t>(seed),
                                              static_cast<std::uint32_t>(seed >> 32U),
                                              static_cast<std::uint32_t>(stream)};
  boost::random::seed_seq sequence(words.begin(), words.end());
  return boost::random::mt19937_64(sequence);
}

}  // namespace

Random::Random(std::uint64_t seed, RandomStream stream) : engine_(seeded_engine(seed, stream)) {}

Real Random::uniform() { return Real(boost::random::uniform_01<double>()(engine_)); }

Real Random::normal() { return Real(boost::random::normal_distribution<double>()(engine_)); }

Real Random::sign() { return (engine_() >> 63U) != 0 ? Real(1) : Real(-1); }

Matrix Random::normal_matrix(Index rows, Index cols) {
  Matrix result(rows, cols);
  for (Index j = 0; j < cols; ++j)
    for (Index i = 0; i < rows; ++i) result(i, j) = normal();
  return result;
}

Vector Random::unit_vector(Index n) {
  using std::sqrt;
  if (n < 1) throw std::invalid_argument("Random::unit_vector: n must be positive");
  for (;;) {
    const Vector direction = normal_matrix(n, 1);
    Real squared_norm = 0;  // not Eigen's norm(), whose order of summation follows the instruction set
    for (Index i = 0; i < n; ++i) squared_norm += direction(i) * direction(i);
    if (squared_norm > 0) return direction / sqrt(squared_norm);
  }
}

// The Q of a Gaussian matrix; R's diagonal must be positive for Q to be uniform (Mezzadri, Notices AMS 54,
// 2007).
Matrix Random::orthonormal_columns(Index rows, Index cols) {
  if (cols < 1 || rows < cols)
    throw std::invalid_argument("Random::orthonormal_columns: need rows >= cols >= 1");
  ThinQr qr = thin_qr(normal_matrix(rows, cols));
  for (Index j = 0; j < cols; ++j)
    if (qr.r(j, j) < 0) qr.q.col(j) = -qr.q.col(j);
  return qr.q;
}

}  // namespace saddleflow
