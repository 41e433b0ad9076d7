// The nearest point of a polytope by its optimality: no vertex lies further on the target's side of it.
#include "saddleflow/base/nearest_in_hull.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"

using namespace saddleflow;

namespace {

constexpr std::uint64_t kHullSeed = 811;

/// How far the conditions of optimality are from being met, in units of the squared size of the problem.
Real failing(const Matrix& vertices, const Vector& target, const NearestInHull& found) {
  const Vector away = found.point - target;
  const Real size = (vertices.colwise() - target).colwise().squaredNorm().maxCoeff();
  Real worst = -std::min(found.weights.minCoeff(), Real(0)) + std::abs(found.weights.sum() - 1);
  worst = std::max(worst, (found.point - vertices * found.weights).norm() / std::sqrt(size));
  const Real gain = found.point.dot(away) - (vertices.transpose() * away).minCoeff();
  return std::max(worst, gain / size);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(nearest_in_hull_test)

BOOST_DATA_TEST_CASE(no_point_is_nearer, boost::unit_test::data::xrange(4), kind) {
  Random random(kHullSeed + static_cast<std::uint64_t>(kind));
  Real worst = 0;
  int inside = 0, count = 0;
  for (int n = 0; n < 300; ++n, ++count) {
    const Index dimension = 1 + n % 6, vertices = 1 + n % 23;
    Matrix v = random.normal_matrix(dimension, vertices);
    Vector target = random.normal_matrix(dimension, 1) * (n % 3 == 0 ? Real(0.2) : Real(2));
    if (kind == 1) v = v.unaryExpr([](Real a) { return a > 0 ? Real(1) : Real(0); });  // repeated vertices
    if (kind == 2 && dimension > 1) v.row(0) = v.row(1);                               // flat
    if (kind == 3) target = v.rowwise().mean();                                        // inside
    const NearestInHull found = nearest_in_hull(v, target);
    BOOST_TEST_CONTEXT("problem " << n) {
      BOOST_TEST(found.converged);
      BOOST_TEST(std::abs(found.distance - (found.point - target).norm()) <= 1e-12 * (1 + found.distance));
    }
    worst = std::max(worst, failing(v, target, found));
    inside += found.distance <= Real(1e-6) ? 1 : 0;
  }
  fmt::print("kind {}: {} hulls, {} hold the target; conditions met to {:.1e} (seed {})\n", kind, count,
             inside, static_cast<double>(worst), kHullSeed + static_cast<std::uint64_t>(kind));
  BOOST_TEST(worst <= Real(1e-11));
  if (kind == 3) BOOST_TEST(inside == count);
}

BOOST_AUTO_TEST_CASE(sizes_that_do_not_fit) {
  BOOST_CHECK_THROW(nearest_in_hull(Matrix(2, 0), Vector::Zero(2)), InputError);
  BOOST_CHECK_THROW(nearest_in_hull(Matrix::Zero(3, 2), Vector::Zero(2)), InputError);
}

BOOST_AUTO_TEST_SUITE_END()
