// Local minimisers of f(c) + |c|^2 / 2: no direction drawn at random leads down from them.
#include "saddleflow/piecewise/local_minimum.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "piecewise/random_function.hpp"

using namespace saddleflow;
using test::FunctionKind;
using test::random_function;

namespace {

constexpr std::uint64_t kMinimumSeed = 20262;

Real objective(const PiecewiseLinear& f, const Vector& c) { return test::value(f, c) + c.squaredNorm() / 2; }

/// How far F falls at most below its value at c at distance h, over h.
Real steepest_fall(const PiecewiseLinear& f, const Vector& c, Random& random) {
  Real most = 0;
  const Real h = Real(1e-6) * (1 + c.norm());
  for (int s = 0; s < 3000; ++s) {
    const Vector u = random.unit_vector(c.size());
    most = std::max(most, (objective(f, c) - objective(f, c + h * u)) / h);
  }
  return most;
}

void check_minima(const char* name, const FunctionKind& kind, int count) {
  Random random(kMinimumSeed);
  Real worst = 0;
  int faces = 0;
  for (int n = 0; n < count; ++n) {
    const PiecewiseLinear f = random_function(kind, random);
    const Vector start = test::random_vector(kind.dimension, random);
    const Vector y = f.signals(start);
    KinkSides sides;
    for (const Real s : y) sides.push_back(s > 0 ? 1 : -1);
    const LocalMinimum found = descend(f, start, sides, {});
    BOOST_TEST_CONTEXT(name << " " << n) {
      BOOST_TEST(found.found);
      BOOST_TEST(objective(f, found.point) <= objective(f, start) + Real(1e-12));
      const Vector at = f.signals(found.point);
      for (Index k = 0; k < f.count(); ++k) {
        const int side = found.sides[static_cast<std::size_t>(k)];
        faces += side == 0 ? 1 : 0;
        BOOST_TEST((side == 0 ? std::abs(at[k]) <= 1e-9 : at[k] * side >= -1e-9));
      }
      const Real fall = steepest_fall(f, found.point, random);
      worst = std::max(worst, fall);
      BOOST_TEST(fall <= Real(1e-5));
    }
  }
  fmt::print("{}: {} minimisers, {} kinks held in all, steepest fall beside them {:.1e} (seed {})\n", name,
             count, faces, static_cast<double>(worst), kMinimumSeed);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(local_minimum_test)

BOOST_AUTO_TEST_CASE(independent) { check_minima("independent", {.dimension = 4, .kinks = 4}, 200); }
BOOST_AUTO_TEST_CASE(in_the_plane) {
  check_minima("plane", {.dimension = 2, .kinks = 7, .low = Real(0.1)}, 300);
}
BOOST_AUTO_TEST_CASE(in_space) { check_minima("space", {.dimension = 3, .kinks = 7, .low = -1}, 200); }
BOOST_AUTO_TEST_CASE(parallel) {
  check_minima("parallel", {.dimension = 3, .kinks = 6, .parallel = true}, 200);
}
BOOST_AUTO_TEST_CASE(layers) {
  check_minima("3 layers", {.dimension = 4, .kinks = 7, .layers = 3, .low = Real(-0.5)}, 200);
}
BOOST_AUTO_TEST_CASE(silent) { check_minima("silent", {.dimension = 4, .kinks = 8, .silent = true}, 200); }

BOOST_AUTO_TEST_SUITE_END()
