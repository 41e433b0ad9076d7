// Products in tiles beside sums term by term.
#include "saddleflow/base/product.hpp"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "saddleflow/base/random.hpp"

BOOST_AUTO_TEST_SUITE(product_test)

using namespace saddleflow;

namespace {

constexpr std::uint64_t kSeed = 2026;
constexpr Real kRounding = std::numeric_limits<Real>::epsilon();

/// Largest error of c beside before + a b, in roundings of the sum of magnitudes.
Real error(const Matrix& a, const Matrix& b, const Matrix& before, const Matrix& c) {
  Real worst = 0;
  for (Index j = 0; j < c.cols(); ++j)
    for (Index i = 0; i < c.rows(); ++i) {
      long double sum = before(i, j), size = std::abs(before(i, j));
      for (Index q = 0; q < a.cols(); ++q) {
        sum += static_cast<long double>(a(i, q)) * static_cast<long double>(b(q, j));
        size += std::abs(static_cast<long double>(a(i, q)) * static_cast<long double>(b(q, j)));
      }
      const auto off = static_cast<Real>(std::abs(static_cast<long double>(c(i, j)) - sum));
      if (off > 0) worst = std::max(worst, off / (kRounding * static_cast<Real>(size)));
    }
  return worst;
}

}  // namespace

// Rows that fill registers and that do not, few columns and many, sums longer than a block.
BOOST_AUTO_TEST_CASE(every_small_shape_and_some_large_ones) {
  Random random(kSeed);
  Real worst = 0;
  int shapes = 0;
  const auto check = [&](Index rows, Index inner, Index cols) {
    const Matrix a = random.normal_matrix(rows, inner), b = random.normal_matrix(inner, cols),
                 before = random.normal_matrix(rows, cols);
    const Matrix at = a.transpose(), bt = b.transpose(), none = Matrix::Zero(rows, cols);
    for (const Sum sum : {Sum::replace, Sum::add}) {
      const Matrix& start = sum == Sum::add ? before : none;
      Matrix c = before;
      product(a, b, c, sum);
      worst = std::max(worst, error(a, b, start, c));
      c = before;
      product_transposed(a, bt, c, sum);
      worst = std::max(worst, error(a, b, start, c));
      c = before;
      transposed_product(at, b, c, sum);
      worst = std::max(worst, error(a, b, start, c));
    }
    ++shapes;
  };
  for (Index rows = 1; rows <= 35; ++rows)
    for (Index cols = 1; cols <= 21; ++cols)
      for (const Index inner : {1, 2, 7}) check(rows, inner, cols);
  for (const Index inner : {kInnerBlock - 1, kInnerBlock, kInnerBlock + 1, 3 * kInnerBlock + 5})
    for (const Index rows : {3, 8, 20, 53}) check(rows, inner, 11);
  BOOST_TEST_MESSAGE(fmt::format("{} shapes, seed {}: at most {:.2f} roundings off", shapes, kSeed,
                                 static_cast<double>(worst)));
  // A sum of 2k terms of random sign errs by about the root of their number.
  BOOST_TEST(worst < 4);
}

// Within larger matrices: nothing beside the block changes.
BOOST_AUTO_TEST_CASE(blocks_of_larger_matrices) {
  Random random(kSeed + 1);
  const Matrix a = random.normal_matrix(50, 40), b = random.normal_matrix(60, 70);
  for (const Index rows : {8, 9, 16, 25, 33}) {
    const Matrix before = random.normal_matrix(61, 59);
    Matrix c = before;
    product(a.block(3, 5, rows, 20), b.block(7, 9, 20, 13), c.block(11, 4, rows, 13), Sum::add);
    BOOST_TEST(error(a.block(3, 5, rows, 20), b.block(7, 9, 20, 13), before.block(11, 4, rows, 13),
                     c.block(11, 4, rows, 13)) < 4);
    c.block(11, 4, rows, 13) = before.block(11, 4, rows, 13);
    BOOST_TEST((c == before));
  }
}

// Samples may be taken in pieces.
BOOST_AUTO_TEST_CASE(pieces_have_the_same_bits) {
  Random random(kSeed + 2);
  const Index samples = 3 * kInnerBlock + 40, piece = piece_of(samples);
  BOOST_TEST(piece < kInnerBlock);
  for (const Index rows : {1, 5, 9, 20, 50}) {
    const Matrix w = random.normal_matrix(rows, 13), x = random.normal_matrix(13, samples),
                 delta = random.normal_matrix(rows, samples);
    Matrix whole(rows, samples), pieces(rows, samples), gradient(rows, 13), sum(rows, 13);
    product(w, x, whole);
    product_transposed(delta, x, gradient);
    for (Index first = 0; first < samples; first += piece) {
      const Index count = std::min(piece, samples - first);
      product(w, x.middleCols(first, count), pieces.middleCols(first, count));
      product_transposed(delta.middleCols(first, count), x.middleCols(first, count), sum,
                         first == 0 ? Sum::replace : Sum::add);
    }
    BOOST_TEST((pieces == whole));
    BOOST_TEST((sum == gradient));
  }
}

BOOST_AUTO_TEST_CASE(an_empty_sum_is_zero) {
  Matrix c = Matrix::Ones(12, 3);
  product(Matrix(12, 0), Matrix(0, 3), c);
  BOOST_TEST((c == Matrix::Zero(12, 3)));
  c.setOnes();
  product(Matrix(12, 0), Matrix(0, 3), c, Sum::add);
  BOOST_TEST((c == Matrix::Ones(12, 3)));
}

BOOST_AUTO_TEST_SUITE_END()
