// Where gradient descent stays though the loss falls: against a plain loop of many more steps.
#include "saddleflow/piecewise/tiny_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <optional>

#include "piecewise/random_function.hpp"

using namespace saddleflow;
using test::random_function;

namespace {

constexpr std::uint64_t kStepsSeed = 90210;

/// Gradient of f at u, where no kink is zero.
Vector gradient_at(const PiecewiseLinear& f, const Vector& u) {
  const Vector y = f.signals(u);
  Vector g = f.gradient, through(f.count());
  for (Index k = f.count() - 1; k >= 0; --k) {
    through[k] = f.back[k];
    for (Index j = k + 1; j < f.count(); ++j) through[k] += f.feed(j, k) * through[j];
    through[k] *= y[k] > 0 ? Real(1) : f.low;
    g += through[k] * f.rows.row(k).transpose();
  }
  return g;
}

/// How far u - h grad f(u) is from its start after so many steps, in units of the way of one.
Real distance_after(const PiecewiseLinear& f, int steps, Random& random) {
  constexpr Real h = Real(1e-3);
  Real step = f.gradient.norm();
  for (Index k = 0; k < f.count(); ++k) step = std::max(step, std::abs(f.back[k]) * f.rows.row(k).norm());
  const Vector start = h * step * random.normal_matrix(f.dimension(), 1);
  Vector u = start;
  Real way = 0;
  for (int n = 0; n < steps; ++n) {
    const Vector change = h * gradient_at(f, u);
    way = std::max(way, change.norm());
    u -= change;
  }
  return (u - start).norm() / way;
}

/// A function that rises from the origin, pushed so that it falls a little along its lowest ray; empty: it
/// falls anyway.
std::optional<PiecewiseLinear> just_falling(PiecewiseLinear f) {
  const Rays rays = extreme_rays(f);
  const auto lowest = std::min_element(rays.rays.begin(), rays.rays.end(), [](const Ray& a, const Ray& b) {
    return a.value / a.length < b.value / b.length;
  });
  if (lowest->value <= 0) return std::nullopt;
  const Vector u = rays.direction(*lowest);
  f.gradient -= (lowest->value + Real(0.02) * lowest->unit) / u.squaredNorm() * u;
  return f;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(trapped_test)

// Functions that have just begun to fall along some ray: most are left, some hold the steps.
BOOST_AUTO_TEST_CASE(what_stays_stays) {
  constexpr int steps = 20'000, phases = 9;
  Random random(kStepsSeed);
  int trapped = 0, left = 0, wrong = 0;
  Real fastest = 0, slowest = 1;  // steps' lengths a step
  for (int n = 0; n < 300; ++n) {
    const auto f = just_falling(random_function(
        {.dimension = 2 + n % 3, .kinks = 5 + n % 3, .layers = 2, .low = Real(-0.5)}, random));
    if (!f) continue;
    Real least = 1;
    for (int phase = 0; phase < phases; ++phase)
      least = std::min(least, distance_after(*f, steps, random) / steps);
    const bool stays = tiny_steps_stay(*f, std::vector<bool>(static_cast<std::size_t>(f->count()), true));
    ++(stays ? trapped : left);
    if (stays)
      fastest = std::max(fastest, least);
    else
      slowest = std::min(slowest, least);
    wrong += stays != (least < Real(1e-3)) ? 1 : 0;
  }
  fmt::print(
      "{} functions just fall: {} hold the steps, at most {:.1e} of a step away in each, {} are left, by "
      "at least {:.1e}; {} are not told alike by {} steps (seed {})\n",
      trapped + left, trapped, static_cast<double>(fastest), left, static_cast<double>(slowest), wrong, steps,
      kStepsSeed);
  BOOST_TEST(trapped > 5);
  BOOST_TEST(left > 10);
  // What leaves very slowly, or from some phases only.
  BOOST_TEST(wrong * 20 <= trapped + left);
  BOOST_TEST(fastest < Real(3e-2));
}

// Where runs end at no minimiser the kinks that could leave are trapped; at a local minimiser none is.
BOOST_AUTO_TEST_CASE(ends) {
  Random random(kStepsSeed + 1);
  int minima = 0, trapped = 0;
  for (int n = 0; n < 500; ++n) {
    const auto f = just_falling(random_function(
        {.dimension = 2 + n % 3, .kinks = 5 + n % 3, .layers = 2, .low = Real(-0.5)}, random));
    if (!f) continue;
    const KinkSides before(static_cast<std::size_t>(f->count()), 0);
    for (const TinyStepsEnd& end : ends_of_tiny_steps(*f, before, {}, {})) {
      const bool any = std::find(end.trapped.begin(), end.trapped.end(), true) != end.trapped.end();
      ++(any ? trapped : minima);
      const LocalMinimum from_there = descend(*f, end.place.point, end.place.sides, {});
      BOOST_TEST((from_there.sides == end.place.sides) == !any);
      for (std::size_t k = 0; k < end.trapped.size(); ++k)
        if (end.trapped[k]) BOOST_TEST(static_cast<int>(end.place.sides[k]) == 0);
    }
  }
  fmt::print("{} ends are minimisers, {} hold the steps where none is (seed {})\n", minima, trapped,
             kStepsSeed + 1);
  BOOST_TEST(minima > 0);
}

BOOST_AUTO_TEST_SUITE_END()
