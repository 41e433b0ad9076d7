// Rays of dependent kinks found in three ways, against all choices of kinks and sides one after the other.
#include "saddleflow/piecewise/group_rays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "piecewise/random_function.hpp"
#include "saddleflow/base/decompositions.hpp"

using namespace saddleflow;
using test::FunctionKind;

namespace {

constexpr std::uint64_t kGroupSeed = 20263;
constexpr Real kSameDirection = Real(1e-7);
constexpr Real kDependent = Real(1e-9);

KinkGroup random_group(const FunctionKind& kind, Random& random, bool integers = false) {
  const PiecewiseLinear f = test::random_function(kind, random);
  KinkGroup group{f.rows, f.feed, f.low};
  // Of whole numbers many are dependent.
  if (integers) group.rows = (group.rows * Real(0.8)).array().round();
  return group;
}

Vector signals_along(const KinkGroup& group, const Vector& d) {
  Vector y(group.count());
  for (Index k = 0; k < group.count(); ++k) {
    y[k] = group.rows.row(k).dot(d);
    for (Index j = 0; j < k; ++j) y[k] += group.feed(k, j) * group.branch(y[j]);
    if (std::abs(y[k]) < Real(1e-9)) y[k] = 0;
  }
  return y;
}

bool is_listed(const std::vector<Vector>& list, const Vector& d) {
  return std::any_of(list.begin(), list.end(),
                     [&](const Vector& other) { return (d - other).norm() < kSameDirection; });
}

/// Rows through the earlier kinks on their sides, of those that are held (side 0), which pass nothing on.
Matrix held_rows(const KinkGroup& group, const Vector& sides) {
  Matrix effective = group.rows, held(0, group.rank());
  for (Index k = 0; k < group.count(); ++k) {
    for (Index j = 0; j < k; ++j)
      if (sides[j] != 0)
        effective.row(k) += group.feed(k, j) * (sides[j] > 0 ? Real(1) : group.low) * effective.row(j);
    if (sides[k] != 0) continue;
    held.conservativeResize(held.rows() + 1, Eigen::NoChange);
    held.bottomRows(1) = effective.row(k);
  }
  return held;
}

/// The directions along which these kinks are held, if they are on a line, and if that is a ray: beside it
/// none is along which all kinks vanish that do on it.
void add_line(const KinkGroup& group, const Vector& sides, std::vector<Vector>& list) {
  const PivotedQr qr(held_rows(group, sides).transpose(), kDependent);
  if (qr.rank() < group.rank() - 1) return;
  Matrix line = Vector::Unit(group.rank(), group.rank() - 1);
  qr.apply(line);
  for (const Real sign : {-1, 1}) {
    const Vector d = sign * line.col(0), y = signals_along(group, d);
    const Matrix vanishing = held_rows(group, y);
    const bool is_ray = vanishing.rows() > 0 && PivotedQr(vanishing, kDependent).rank() == group.rank() - 1;
    if (is_ray && !y.isZero(0) && !is_listed(list, d)) list.push_back(d);
  }
}

std::vector<Vector> one_after_the_other(const KinkGroup& group) {
  std::vector<Vector> list;
  const bool any_heard = !group.feed.isZero(0);
  Vector sides(group.count());
  for (unsigned zero = 0; zero < 1U << group.count(); ++zero) {
    if (std::popcount(zero) != group.rank() - 1) continue;
    for (unsigned above = 0; above < (any_heard ? 1U << group.count() : 1U); ++above) {
      if ((above & zero) != 0) continue;
      for (Index k = 0; k < group.count(); ++k)
        sides[k] = static_cast<Real>((zero >> k & 1U) != 0 ? 0 : (above >> k & 1U) != 0 ? 1 : -1);
      add_line(group, sides, list);
    }
  }
  return list;
}

std::vector<Vector> directions(const KinkGroup& group, const GroupRays& rays) {
  const Matrix all = minimum_norm_least_squares(group.rows, rays.rates);
  std::vector<Vector> list;
  for (Index r = 0; r < all.cols(); ++r) list.push_back(all.col(r));
  return list;
}

void check_same(const KinkGroup& group, const GroupRays& rays, const std::vector<Vector>& expected) {
  const std::vector<Vector> found = directions(group, rays);
  BOOST_TEST(found.size() == expected.size());
  for (std::size_t r = 0; r < found.size(); ++r) {
    BOOST_TEST(is_listed(expected, found[r]));
    BOOST_TEST((signals_along(group, found[r]) - rays.signals.col(static_cast<Index>(r))).norm() <
               kSameDirection);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(group_rays_test)

BOOST_AUTO_TEST_CASE(choices_and_cuts_without_layers) {
  Random random(kGroupSeed);
  std::size_t all = 0;
  for (int n = 0; n < 60; ++n) {
    const KinkGroup group =
        random_group({.dimension = 2 + n % 4, .kinks = 8, .parallel = n % 3 == 0}, random, n % 2 == 0);
    if (PivotedQr(group.rows, kDependent).rank() < group.rank()) continue;
    const std::vector<Vector> expected = one_after_the_other(group);
    BOOST_TEST_CONTEXT(n) {
      check_same(group, rays_by_choices(group, 10'000).value(), expected);
      check_same(group, rays_by_cuts(group, 10'000).value(), expected);
    }
    all += expected.size();
  }
  fmt::print("no layers: {} rays (seed {})\n", all, kGroupSeed);
  BOOST_TEST(all > 1000U);
}

BOOST_AUTO_TEST_CASE(cuts_with_layers) {
  Random random(kGroupSeed);
  std::size_t all = 0;
  for (int n = 0; n < 60; ++n) {
    FunctionKind kind{.dimension = 2 + n % 3, .kinks = 8, .layers = 2 + n % 2, .low = Real(n % 5 - 2) / 3};
    kind.silent = n % 4 == 0;
    const KinkGroup group = random_group(kind, random, n % 3 == 0);
    if (PivotedQr(group.rows, kDependent).rank() < group.rank()) continue;
    const std::vector<Vector> expected = one_after_the_other(group);
    BOOST_TEST_CONTEXT(n) { check_same(group, rays_by_cuts(group, 10'000).value(), expected); }
    all += expected.size();
  }
  fmt::print("layers: {} rays (seed {})\n", all, kGroupSeed);
  BOOST_TEST(all > 1000U);
}

BOOST_AUTO_TEST_CASE(walks_end_on_rays) {
  Random random(kGroupSeed);
  std::size_t met = 0, all = 0;
  for (int n = 0; n < 30; ++n) {
    const KinkGroup group =
        random_group({.dimension = 2 + n % 4, .kinks = 9, .layers = 1 + n % 3, .low = Real(0.2)}, random);
    const std::vector<Vector> expected = directions(group, rays_by_cuts(group, 10'000).value());
    const std::vector<Vector> walked = directions(group, rays_by_walks(group, 2000, kGroupSeed));
    for (const Vector& d : walked) BOOST_TEST(is_listed(expected, d));
    for (const Vector& d : expected) met += is_listed(walked, d) ? 1 : 0;
    all += expected.size();
  }
  fmt::print("2000 walks each end on {} of {} rays (seed {})\n", met, all, kGroupSeed);
  BOOST_TEST(met > all * 8 / 10);
}

BOOST_AUTO_TEST_CASE(more_than_allowed) {
  Random random(kGroupSeed);
  const KinkGroup flat = random_group({.dimension = 4, .kinks = 20}, random);
  const KinkGroup deep = random_group({.dimension = 4, .kinks = 20, .layers = 2}, random);
  BOOST_TEST(!rays_by_choices(flat, 100).has_value());
  BOOST_TEST(!rays_by_cuts(deep, 100).has_value());
  RayOptions options;
  options.most = 100;
  for (const KinkGroup& group : {flat, deep}) {
    const GroupRays rays = rays_of(group, options);
    BOOST_TEST(!rays.complete);
    BOOST_TEST(rays.rates.cols() == options.samples);
  }
}

BOOST_AUTO_TEST_SUITE_END()
