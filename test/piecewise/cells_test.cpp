// Cells against the sides of directions drawn at random, and against the number of an arrangement's cells.
#include "saddleflow/piecewise/cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>

#include "piecewise/random_function.hpp"

using namespace saddleflow;
using test::FunctionKind;
using test::random_function;

namespace {

constexpr std::uint64_t kCellSeed = 4711;
constexpr int kDraws = 10'000;

/// 2 sum_{i < m} C(K - 1, i): of K planes through the origin in general position.
Index general_count(Index planes, Index dimension) {
  Real sum = 0, binomial = 1;
  for (Index i = 0; i < dimension; ++i) {
    sum += binomial;
    binomial *= static_cast<Real>(planes - 1 - i) / static_cast<Real>(i + 1);
  }
  return static_cast<Index>(2 * sum + Real(0.5));
}

/// Those that are met by directions drawn at random; kinks that vanish on a cell have side 0.
std::set<KinkSides> drawn_cells(const PiecewiseLinear& f, Random& random) {
  std::set<KinkSides> met;
  for (int s = 0; s < kDraws; ++s) {
    KinkSides sides;
    for (const Real y : f.signals(random.unit_vector(f.dimension())))
      sides.push_back(std::abs(y) < Real(1e-12) ? 0 : y > 0 ? 1 : -1);
    met.insert(sides);
  }
  return met;
}

enum class KinkPosition { any, general };

void check_cells(const char* name, const FunctionKind& kind, int count,
                 KinkPosition position = KinkPosition::any) {
  Random random(kCellSeed);
  Index all = 0, not_met = 0;
  for (int n = 0; n < count; ++n) {
    const PiecewiseLinear f = random_function(kind, random);
    const Cells found = cells(f, 10'000);
    const std::set<KinkSides> listed(found.sides.begin(), found.sides.end());
    BOOST_TEST_CONTEXT(name << " " << n) {
      BOOST_TEST(found.complete);
      BOOST_TEST(listed.size() == found.sides.size());
      const std::set<KinkSides> drawn = drawn_cells(f, random);
      for (const KinkSides& sides : drawn) BOOST_TEST(listed.count(sides) == 1);
      not_met += static_cast<Index>(listed.size()) - static_cast<Index>(drawn.size());
      if (position == KinkPosition::general)
        BOOST_TEST(static_cast<Index>(listed.size()) == general_count(f.count(), f.dimension()));
    }
    all += static_cast<Index>(listed.size());
  }
  fmt::print("{}: {} cells, {} of them not met by {} directions for each function (seed {})\n", name, all,
             not_met, kDraws, kCellSeed);
  // Narrow ones, if any.
  BOOST_TEST(not_met * 10 <= all);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cells_test)

BOOST_AUTO_TEST_CASE(independent) {
  check_cells("independent", {.dimension = 4, .kinks = 4}, 50, KinkPosition::general);
}
BOOST_AUTO_TEST_CASE(in_the_plane) {
  check_cells("plane", {.dimension = 2, .kinks = 7}, 100, KinkPosition::general);
}
BOOST_AUTO_TEST_CASE(in_space) {
  check_cells("space", {.dimension = 3, .kinks = 7, .low = -1}, 50, KinkPosition::general);
}
BOOST_AUTO_TEST_CASE(parallel) {
  check_cells("parallel", {.dimension = 3, .kinks = 6, .parallel = true}, 50);
}
BOOST_AUTO_TEST_CASE(layers) {
  check_cells("3 layers", {.dimension = 3, .kinks = 6, .layers = 3, .low = Real(-0.5)}, 50);
}
BOOST_AUTO_TEST_CASE(silent) { check_cells("silent", {.dimension = 3, .kinks = 7, .silent = true}, 50); }

BOOST_AUTO_TEST_CASE(too_many) {
  Random random(kCellSeed);
  const PiecewiseLinear f = random_function({.dimension = 3, .kinks = 7}, random);
  const Cells found = cells(f, 10);
  BOOST_TEST(!found.complete);
  BOOST_TEST(found.sides.size() == 10U);
}

BOOST_AUTO_TEST_SUITE_END()
