// Extreme rays against directions drawn at random: f is negative somewhere if and only if it is so on a ray.
#include "saddleflow/piecewise/rays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "piecewise/random_function.hpp"

using namespace saddleflow;
using test::FunctionKind;
using test::random_function;

namespace {

constexpr std::uint64_t kRaySeed = 20261;

struct Least {
  Real rays = 0, drawn = 0, value_error = 0;
  bool complete = true;
};

Least least_of(const PiecewiseLinear& f, Random& random) {
  Least least{1e300, 1e300, 0, true};
  const Rays rays = extreme_rays(f);
  least.complete = rays.complete;
  for (const Ray& ray : rays.rays) {
    const Vector u = rays.direction(ray);
    least.rays = std::min(least.rays, ray.value / ray.length);
    least.value_error = std::max(least.value_error, std::abs(test::value(f, u) - ray.value) / ray.unit);
    for (Index k = 0; k < f.count(); ++k)
      least.value_error =
          std::max(least.value_error, std::abs(f.signals(u)[k] - ray.signals[k]) / (1 + u.norm()));
  }
  for (int s = 0; s < 4000; ++s)
    least.drawn = std::min(least.drawn, test::value(f, random.unit_vector(f.dimension())));
  return least;
}

void check_rays(const char* name, const FunctionKind& kind, int count) {
  Random random(kRaySeed);
  int positive = 0, negative = 0;
  Real worst = 0;
  for (int n = 0; n < count; ++n) {
    const PiecewiseLinear f = random_function(kind, random);
    const Least least = least_of(f, random);
    BOOST_TEST_CONTEXT(name << " " << n) {
      BOOST_TEST(least.complete);
      BOOST_TEST(least.value_error <= Real(1e-7));
      worst = std::max(worst, least.value_error);
      // Rays are unit vectors among others: none that is drawn may be negative where no ray is.
      if (least.rays >= 0) BOOST_TEST(least.drawn >= Real(-1e-7));
      ++(least.rays >= 0 ? positive : negative);
    }
  }
  fmt::print("{}: {} never negative, {} negative on a ray; values of rays off by {:.1e} (seed {})\n", name,
             positive, negative, static_cast<double>(worst), kRaySeed);
  BOOST_TEST(positive > 0);
  BOOST_TEST(negative > 0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rays_test)

BOOST_AUTO_TEST_CASE(independent) { check_rays("independent", {.dimension = 4, .kinks = 4}, 200); }
BOOST_AUTO_TEST_CASE(independent_in_layers) {
  check_rays("independent, 3 layers", {.dimension = 6, .kinks = 3, .layers = 3, .low = Real(0.2)}, 400);
}
BOOST_AUTO_TEST_CASE(in_the_plane) {
  check_rays("plane", {.dimension = 2, .kinks = 6, .low = Real(0.1)}, 200);
}
BOOST_AUTO_TEST_CASE(in_space) { check_rays("space", {.dimension = 3, .kinks = 6, .low = -1}, 100); }
BOOST_AUTO_TEST_CASE(parallel) {
  check_rays("parallel", {.dimension = 3, .kinks = 6, .parallel = true}, 100);
}
BOOST_AUTO_TEST_CASE(layers) {
  check_rays("2 layers", {.dimension = 3, .kinks = 6, .layers = 2, .low = Real(-0.5)}, 100);
}
BOOST_AUTO_TEST_CASE(silent) { check_rays("silent", {.dimension = 4, .kinks = 6, .silent = true}, 100); }

// All choices are too many: the sampled rays say so.
BOOST_AUTO_TEST_CASE(too_many) {
  Random random(kRaySeed);
  const PiecewiseLinear f = random_function({.dimension = 8, .kinks = 60}, random);
  RayOptions options;
  options.most = 1000;
  const Rays rays = extreme_rays(f, options);
  BOOST_TEST(!rays.complete);
  BOOST_TEST(rays.rays.size() > 1000U);
}

BOOST_AUTO_TEST_SUITE_END()
