// Conjugate directions against Cholesky: solutions, the number of products, what is reported.
#include "saddleflow/ode/stepper/conjugate_directions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "ode/stepper/problems.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(conjugate_directions_test)

namespace {

using Solved = ConjugateDirections::Solved;

Matrix with_eigenvalues(const Vector& eigenvalues, unsigned seed) {
  const Matrix basis = test::rotation(eigenvalues.size(), seed);
  return basis * eigenvalues.asDiagonal() * basis.transpose();
}

/// Solves for so many random right-hand sides, one after the other.
struct Solutions {
  Solutions(const Matrix& a, Index capacity, int right_hand_sides, Real accuracy)
      : directions(capacity), matrix(a) {
    directions.begin(a.rows());
    const auto product = [this](const Vector& v, Vector& out) {
      ++products;
      out = matrix * v;
    };
    for (int k = 0; k < right_hand_sides; ++k) {
      const Vector b = test::gaussian(a.rows(), 1, 7 + static_cast<unsigned>(k));
      Vector x;
      const auto enough = [&](const Vector& residual, const Vector&) {
        return residual.norm() <= accuracy * b.norm();
      };
      last = directions.solve(product, b, x, enough, 1000);
      worst = std::max(worst, (matrix * x - b).norm() / b.norm());
    }
  }
  ConjugateDirections directions;
  const Matrix& matrix;
  int products = 0;
  Real worst = 0;
  Solved last = Solved::done;
};

}  // namespace

// Conjugate gradients alone would take a hundred products for each of the eight.
BOOST_AUTO_TEST_CASE(later_right_hand_sides_use_what_earlier_ones_have_found) {
  Vector eigenvalues(120);
  for (Index i = 0; i < 120; ++i) eigenvalues[i] = std::pow(Real(10), Real(i) / 20);
  const Matrix a = with_eigenvalues(eigenvalues, 3);
  const Solutions all(a, 120, 8, Real(1e-9));
  fmt::print("8 right-hand sides, 120 eigenvalues over six decades: {} products, residual {:.1e}\n",
             all.products, static_cast<double>(all.worst));
  BOOST_TEST((all.last == Solved::done));
  BOOST_TEST(all.worst < Real(2e-9));
  BOOST_TEST(all.products <= 120);
  // More than rounding allows ends, too.
  const Solutions best(a, 120, 8, Real(1e-15));
  fmt::print("as well as rounding allows: {} products, residual {:.1e}\n", best.products,
             static_cast<double>(best.worst));
  BOOST_TEST((best.last == Solved::done));
  BOOST_TEST(best.products <= 200);
  BOOST_TEST(best.worst < Real(1e-8));
}

BOOST_AUTO_TEST_CASE(as_many_products_as_different_eigenvalues) {
  Vector eigenvalues = Vector::Constant(60, Real(0.1));
  for (Index i = 0; i < 9; ++i) eigenvalues[i] = 1 + static_cast<Real>(i);
  const Matrix a = with_eigenvalues(eigenvalues, 4);
  const Solutions one(a, 60, 1, Real(1e-10)), eight(a, 60, 8, Real(1e-10));
  fmt::print(
      "nine eigenvalues and one of multiplicity 51: {} products for one right-hand side, {} for eight\n",
      one.products, eight.products);
  BOOST_TEST(one.products <= 10);
  // The large eigenvectors are found once; each side has a part of its own in the eigenspace of the small
  // one.
  BOOST_TEST(eight.products <= 10 + 7);
  BOOST_TEST(eight.worst < Real(1e-9));
}

BOOST_AUTO_TEST_CASE(few_directions_kept) {
  Vector eigenvalues(120);
  for (Index i = 0; i < 120; ++i) eigenvalues[i] = 1 + static_cast<Real>(i);
  const Matrix a = with_eigenvalues(eigenvalues, 5);
  for (const Index capacity : {1, 8, 40}) {
    const Solutions few(a, capacity, 5, Real(1e-10));
    fmt::print("{} directions kept: {} products, residual {:.1e}\n", capacity, few.products,
               static_cast<double>(few.worst));
    BOOST_TEST((few.last == Solved::done));
    BOOST_TEST(few.worst < Real(1e-9));
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_solved_is_reported) {
  const Vector eigenvalues{{-1, 1, 2, 3, 4, 5}};
  BOOST_TEST((Solutions(with_eigenvalues(eigenvalues, 6), 6, 1, Real(1e-10)).last == Solved::indefinite));
  Vector wide(50);
  for (Index i = 0; i < 50; ++i) wide[i] = std::pow(Real(10), Real(i) / 10);
  const Matrix a = with_eigenvalues(wide, 7);
  ConjugateDirections directions(50);
  directions.begin(50);
  Vector x;
  const auto product = [&](const Vector& v, Vector& out) { out = a * v; };
  const auto never = [](const Vector&, const Vector&) { return false; };
  BOOST_TEST((directions.solve(product, Vector::Ones(50), x, never, 5) == Solved::stalled));
}

// Unknowns of 1e-12 beside such of 1, coupled by 1e-12: with directions of their own both have their digits.
BOOST_AUTO_TEST_CASE(unknowns_of_two_sizes) {
  constexpr Index kEach = 20;
  constexpr Real kSmall = Real(1e-12);
  Vector large(kEach), small(kEach);
  for (Index i = 0; i < kEach; ++i) {
    large[i] = 1 + Real(i) * Real(i);
    small[i] = Real(0.1) + Real(7) * Real(i);
  }
  Matrix a = Matrix::Zero(2 * kEach, 2 * kEach);
  a.topLeftCorner(kEach, kEach) = with_eigenvalues(large, 11);
  a.bottomRightCorner(kEach, kEach) = with_eigenvalues(small, 12);
  a.topRightCorner(kEach, kEach) = kSmall * test::gaussian(kEach, kEach, 13);
  a.bottomLeftCorner(kEach, kEach) = a.topRightCorner(kEach, kEach).transpose();
  Vector exact = test::gaussian(2 * kEach, 1, 14);
  exact.tail(kEach) *= kSmall;
  const Vector b = a * exact;
  Vector residual = b, x = Vector::Zero(2 * kEach);
  const auto product = [&a](const Vector& v, Vector& out) { out = a * v; };
  for (const Index begin : {Index{0}, kEach}) {
    std::vector<char> mask(2 * kEach, 0);
    std::fill_n(mask.begin() + begin, kEach, char{1});
    ConjugateDirections directions(kEach);
    directions.begin(2 * kEach, mask);
    const auto enough = [&](const Vector& r, const Vector&) {
      return r.segment(begin, kEach).norm() <= Real(1e-13) * b.segment(begin, kEach).norm();
    };
    BOOST_TEST((directions.improve(product, residual, x, enough, 100) == Solved::done));
  }
  const Real off = test::relative(x.head(kEach), exact.head(kEach));
  const Real small_off = test::relative(x.tail(kEach), exact.tail(kEach));
  fmt::print("unknowns of 1 and of 1e-12: off by {:.1e} and {:.1e}\n", static_cast<double>(off),
             static_cast<double>(small_off));
  BOOST_TEST(off < Real(1e-11));
  BOOST_TEST(small_off < Real(1e-9));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
