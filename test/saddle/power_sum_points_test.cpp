// Where flows of sums of max(s, alpha s) without outer weights come to rest: minima on kinks, below which the
// loss is nowhere near them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>

#include "ode/switching/kink_run.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/saddle/critical_point.hpp"

using namespace saddleflow;

BOOST_AUTO_TEST_SUITE(power_sum_points_test)

BOOST_AUTO_TEST_CASE(the_loss_is_nowhere_lower_beside_a_minimum) {
  constexpr std::uint64_t first = 400;
  constexpr int problems = 30, directions = 2'000;
  int minima = 0, on_kinks = 0;
  Real deepest = 0;
  for (int n = 0; n < problems; ++n) {
    Random random(first + static_cast<std::uint64_t>(n));
    const Real slope = std::array<Real, 4>{-1, Real(-0.2), 0, Real(0.5)}[static_cast<std::size_t>(n) % 4];
    const Index inputs = 2 + n % 3, width = 1 + n % 2, samples = 6 + n % 5;
    Dataset data{random.normal_matrix(inputs, samples), random.normal_matrix(1, samples), "sums"};
    Objective objective(power_sum(inputs, width, Activation(slope, 1)), std::move(data), Loss());
    const Vector start = Vector(random.normal_matrix(inputs * width, 1)) / 2;
    constexpr Real end = 100;
    test::KinkOptions options;
    options.times = {end};
    const test::KinkRun run = test::run_kinks(objective, start, end, options);
    BOOST_TEST_REQUIRE(run.stop_reason == "reached_end",
                       "seed " << first << " + " << n << ": " << run.message);
    const CriticalPoint point = analyse_critical_point(objective, run.path.back(), CriticalPointOptions());
    if (!point.is_critical() || point.kind != CriticalKind::minimum) continue;
    ++minima;
    on_kinks += point.kinks && !point.kinks->kinks.empty() ? 1 : 0;
    const Vector& w = point.refinement.point;
    const Real loss = objective.value(w);
    for (int d = 0; d < directions; ++d) {
      const Vector beside = w + Real(1e-4) * w.norm() * random.unit_vector(w.size());
      deepest = std::max(deepest, (loss - objective.value(beside)) / loss);
    }
  }
  fmt::print(
      "{} flows of sums (seeds from {}): {} end in minima, {} of them on kinks; beside them the loss is "
      "lower "
      "by at most {:.1e} of it\n",
      problems, first, minima, on_kinks, static_cast<double>(deepest));
  BOOST_TEST(2 * minima > problems);
  BOOST_TEST(on_kinks > 2);
  BOOST_TEST(deepest <= 1e-12);
}

BOOST_AUTO_TEST_SUITE_END()
