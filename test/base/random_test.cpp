#include "saddleflow/base/random.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <stdexcept>

BOOST_AUTO_TEST_SUITE(random_test)

namespace data = boost::unit_test::data;
using namespace saddleflow;

// mt19937_64 behind a seed sequence is fixed by its specification; the normals also depend on Boost's
// algorithm.
BOOST_AUTO_TEST_CASE(first_numbers_never_change) {
  Random uniforms(1), normals(1), signs(1);
  for (const double expected : {0.75843763382516294, 0.57394141922368347, 0.84799950054961037})
    BOOST_TEST(static_cast<double>(uniforms.uniform()) == expected);
  for (const double expected : {1.1319389108229532, -1.0632635050617787, 2.4544022723705909})
    BOOST_TEST(static_cast<double>(normals.normal()) == expected);
  int bits = 0;
  for (int i = 0; i < 16; ++i) bits = 2 * bits + (signs.sign() > 0 ? 1 : 0);
  BOOST_TEST(bits == 64464);
}

BOOST_AUTO_TEST_CASE(same_seed_same_numbers_other_stream_other_numbers) {
  const Matrix first = Random(7, RandomStream::inputs).normal_matrix(3, 4);
  BOOST_TEST((first == Random(7, RandomStream::inputs).normal_matrix(3, 4)));
  BOOST_TEST((first != Random(7, RandomStream::targets).normal_matrix(3, 4)));
  BOOST_TEST((first != Random(8, RandomStream::inputs).normal_matrix(3, 4)));
  BOOST_TEST((first != Random(7 + (std::uint64_t(1) << 32U), RandomStream::inputs).normal_matrix(3, 4)));
}

// Moments of 1e5 draws within five standard deviations of their distribution.
BOOST_DATA_TEST_CASE(moments, data::make({1, 2, 3}), seed) {
  constexpr int n = 100000;
  Random random(static_cast<std::uint64_t>(seed));
  double normal_sum = 0, normal_squares = 0, uniform_sum = 0, sign_sum = 0;
  for (int i = 0; i < n; ++i) {
    const auto z = static_cast<double>(random.normal());
    const auto u = static_cast<double>(random.uniform());
    normal_sum += z;
    normal_squares += z * z;
    uniform_sum += u;
    sign_sum += static_cast<double>(random.sign());
    BOOST_REQUIRE((u >= 0 && u < 1));
  }
  const double deviation = 5 / std::sqrt(double(n));
  BOOST_TEST(std::abs(normal_sum / n) < deviation);
  BOOST_TEST(std::abs(normal_squares / n - 1) < deviation * std::sqrt(2.0));
  BOOST_TEST(std::abs(uniform_sum / n - 0.5) < deviation / std::sqrt(12.0));
  BOOST_TEST(std::abs(sign_sum / n) < deviation);
}

BOOST_DATA_TEST_CASE(unit_vectors_have_norm_one, data::make({1, 2, 3, 10, 100}), size) {
  using std::abs;
  Random random(11);
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(abs(random.unit_vector(size).norm() - 1) <= 4 * std::numeric_limits<Real>::epsilon());
}

BOOST_DATA_TEST_CASE(orthonormal_columns_are_orthonormal,
                     data::make({1, 2, 5, 20, 100}) ^ data::make({1, 1, 5, 7, 60}), rows, cols) {
  const Matrix q = Random(5).orthonormal_columns(rows, cols);
  BOOST_TEST_REQUIRE((q.rows() == rows && q.cols() == cols));
  const Real error = (q.transpose() * q - Matrix::Identity(cols, cols)).cwiseAbs().maxCoeff();
  BOOST_TEST_MESSAGE(rows << " x " << cols << ": largest entry of Q^T Q - I " << error);
  BOOST_TEST(error <= 8 * std::numeric_limits<Real>::epsilon());
}

// A Haar matrix has a symmetric first entry; without the sign convention Householder's Q has a negative one
// always.
BOOST_AUTO_TEST_CASE(orthonormal_columns_have_no_preferred_sign) {
  Random random(3);
  int positive = 0;
  for (int i = 0; i < 400; ++i) positive += random.orthonormal_columns(3, 2)(0, 0) > 0 ? 1 : 0;
  BOOST_TEST(std::abs(positive - 200) < 50);  // five standard deviations
}

BOOST_AUTO_TEST_CASE(impossible_sizes_are_refused) {
  Random random(1);
  BOOST_CHECK_THROW(random.unit_vector(0), std::invalid_argument);
  BOOST_CHECK_THROW(random.orthonormal_columns(2, 3), std::invalid_argument);
  BOOST_CHECK_THROW(random.orthonormal_columns(2, 0), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
