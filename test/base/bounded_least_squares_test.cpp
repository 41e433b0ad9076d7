// Bounded least squares against the enumeration of all active sets.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "saddleflow/base/bounded_least_squares.hpp"
#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"

BOOST_AUTO_TEST_SUITE(bounded_least_squares_test)

using namespace saddleflow;
namespace bdata = boost::unit_test::data;

namespace {

struct Problem {
  Matrix a;
  Vector b, lower, upper;
};

/// The smallest residual among the feasible ones of the 3^n problems with every variable free or at a bound.
Real enumerate(const Problem& problem) {
  const Index n = problem.a.cols();
  Index sets = 1;
  for (Index j = 0; j < n; ++j) sets *= 3;
  Real best = std::numeric_limits<Real>::infinity();
  for (Index set = 0; set < sets; ++set) {
    Vector x = Vector::Zero(n);
    std::vector<Index> free;
    for (Index j = 0, code = set; j < n; ++j, code /= 3) {
      if (code % 3 == 0) free.push_back(j);
      if (code % 3 == 1) x[j] = problem.lower[j];
      if (code % 3 == 2) x[j] = problem.upper[j];
    }
    if (!free.empty()) {
      const Matrix columns = problem.a(Eigen::all, free);
      const Vector solution = minimum_norm_least_squares(columns, problem.b - problem.a * x);
      x(free) = solution;
    }
    if ((x.array() < problem.lower.array() - Real(1e-12)).any()) continue;
    if ((x.array() > problem.upper.array() + Real(1e-12)).any()) continue;
    best = std::min(best, (problem.b - problem.a * x).norm());
  }
  return best;
}

Problem draw(Random& random, Index rows, Index columns) {
  Problem p;
  p.a = random.normal_matrix(rows, columns);
  p.b = 2 * random.normal_matrix(rows, 1);
  p.lower = random.normal_matrix(columns, 1);
  p.upper = p.lower + random.normal_matrix(columns, 1).cwiseAbs();
  return p;
}

void check_against_enumeration(const Problem& p, Random& random, Real& worst) {
  const Vector start = 3 * random.normal_matrix(p.a.cols(), 1);
  const BoundedSolution found = bounded_least_squares(p.a, p.b, p.lower, p.upper, start);
  BOOST_TEST(found.converged);
  BOOST_TEST((found.x.array() >= p.lower.array()).all());
  BOOST_TEST((found.x.array() <= p.upper.array()).all());
  BOOST_TEST(std::abs(found.residual - (p.a * found.x - p.b).norm()) <= Real(1e-14) * p.b.norm());
  worst = std::max(worst, (found.residual - enumerate(p)) / p.b.norm());
}

}  // namespace

BOOST_DATA_TEST_CASE(finds_the_minimum, bdata::make({8, 5, 3}), rows) {
  Random random(11);
  Real worst = 0;
  for (int draws = 0; draws < 60; ++draws) check_against_enumeration(draw(random, rows, 5), random, worst);
  fmt::print("seed 11, {} x 5: excess residual {:.1e}\n", rows, static_cast<double>(worst));
  BOOST_TEST(worst < Real(1e-13));
}

// Equal, opposite and zero columns, bounds that meet, and right-hand sides that can be met exactly.
BOOST_AUTO_TEST_CASE(survives_degeneracy) {
  Random random(12);
  Real worst = 0;
  for (int draws = 0; draws < 100; ++draws) {
    Problem p = draw(random, 4, 6);
    p.a.col(1) = p.a.col(0);
    p.a.col(2) = -2 * p.a.col(0);
    if (draws % 2 == 0) p.a.col(3).setZero();
    if (draws % 3 == 0) p.upper[4] = p.lower[4];
    if (draws % 5 == 0) p.b = p.a * (p.lower + p.upper) / 2;
    if (draws % 7 == 0) p.b = p.a * p.lower;
    check_against_enumeration(p, random, worst);
  }
  fmt::print("seed 12, degenerate: excess residual {:.1e}\n", static_cast<double>(worst));
  BOOST_TEST(worst < Real(1e-13));
}

// Too many variables to enumerate: the conditions of the minimum themselves, of which many bounds are part.
BOOST_DATA_TEST_CASE(meets_the_conditions_of_the_minimum, bdata::make({120, 40, 25}), rows) {
  Random random(14);
  Real worst = 0;
  for (int draws = 0; draws < 10; ++draws) {
    Problem p = draw(random, rows, 40);
    p.a.rightCols(10) = p.a.leftCols(10);
    const BoundedSolution found = bounded_least_squares(p.a, p.b, p.lower, p.upper, (p.lower + p.upper) / 2);
    BOOST_TEST(found.converged);
    const Vector rate = p.a.transpose() * (p.b - p.a * found.x);  // at which the residual falls along +x
    Index bound = 0;
    for (Index j = 0; j < 40; ++j) {
      BOOST_TEST((p.lower[j] <= found.x[j] && found.x[j] <= p.upper[j]));
      bound += found.x[j] == p.lower[j] || found.x[j] == p.upper[j];
      if (found.x[j] < p.upper[j]) worst = std::max(worst, rate[j] / p.b.norm());
      if (found.x[j] > p.lower[j]) worst = std::max(worst, -rate[j] / p.b.norm());
    }
    BOOST_TEST(bound >= 5);
  }
  fmt::print("seed 14, {} x 40: largest rate {:.1e}\n", rows, static_cast<double>(worst));
  BOOST_TEST(worst < Real(1e-12));
}

// Columns without a common row are problems of their own: one of 160 variables, each answer in closed form.
BOOST_AUTO_TEST_CASE(splits_into_independent_groups) {
  Random random(13);
  const Index n = 160;
  Matrix a = Matrix::Zero(2 * n, n);
  const Vector b = random.normal_matrix(2 * n, 1);
  Vector expected(n);
  for (Index j = 0; j < n; ++j) {
    const Index row = (37 * j) % n;
    a(2 * row, j) = random.normal();
    a(2 * row + 1, j) = random.normal();
    expected[j] = std::clamp(a.col(j).dot(b) / a.col(j).squaredNorm(), Real(-0.5), Real(0.5));
  }
  const Vector bound = Vector::Constant(n, Real(0.5));
  const BoundedSolution found = bounded_least_squares(a, b, -bound, bound, Vector::Zero(n));
  BOOST_TEST(found.converged);
  BOOST_TEST((found.x - expected).cwiseAbs().maxCoeff() < Real(1e-14));
}

BOOST_AUTO_TEST_CASE(without_variables_or_with_bad_sizes) {
  const Vector b = Vector::Ones(3), none;
  BOOST_TEST(bounded_least_squares(Matrix(3, 0), b, none, none, none).residual == b.norm());
  const Vector one = Vector::Ones(1);
  BOOST_CHECK_THROW(bounded_least_squares(Matrix::Ones(3, 1), one, -one, one, one), InputError);
  BOOST_CHECK_THROW(bounded_least_squares(Matrix::Ones(3, 1), b, one, -one, one), InputError);
}

BOOST_AUTO_TEST_SUITE_END()
