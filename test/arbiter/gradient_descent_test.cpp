// The arbiter against finite differences and closed forms: its gradient, its order, its own estimate of its
// error.
#include "arbiter/gradient_descent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "arbiter/random_kinks.hpp"

using namespace saddleflow::test;

namespace {

// u v = s / (1 + (s / q0 - 1) e^{-2 s t}) along u' = (s - u v) v, v' = (s - u v) u from u = v = sqrt(q0).
double product_of_two(double s, double q0, double t) { return s / (1 + (s / q0 - 1) * std::exp(-2 * s * t)); }

// v max(u . x, -u . x / 2) on two unit vectors with labels -1 and 1.5: the kink of the first attracts from
// both sides, so that it slides from the start, and what is left is the product of v and u's second entry.
PlainProblem sliding_neuron() {
  PlainProblem p;
  p.widths = {2, 1, 1};
  p.slope = -0.5;
  p.inputs = {{1, 0}, {0, 1}};
  p.targets = {{-1}, {1.5}};
  p.start = {0, 0.4, 0.4};
  p.t_end = 2;
  return p;
}

std::vector<double> sliding_end() {
  const double u = std::sqrt(product_of_two(1.5, 0.16, 2));
  return {0, u, u};
}

// Largest difference between a step of descent and central differences of the loss, relative to the gradient
// where there is one.
double gradient_error(const PlainProblem& problem) {
  constexpr double h = 1e-6;
  PlainProblem step = problem;
  step.t_end = h;
  const std::vector<double> after = descend(step, 1);
  double error = 0, largest = 0;
  for (std::size_t k = 0; k < after.size(); ++k) {
    std::vector<double> up = problem.start, down = up;
    up[k] += h;
    down[k] -= h;
    const double slope = (plain_loss(problem, up) - plain_loss(problem, down)) / (2 * h);
    error = std::max(error, std::abs((problem.start[k] - after[k]) / h - slope));
    largest = std::max(largest, std::abs(slope));
  }
  return largest > 0 ? error / largest : error;  // a dead network has no gradient
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gradient_descent_test)

BOOST_AUTO_TEST_CASE(gradient_is_that_of_the_loss) {
  constexpr std::uint64_t seed = 7;
  double worst = 0;
  for (int number = 0; number < 60; ++number) {
    const RandomKinks kinks = random_kinks(seed, number);
    const double error = gradient_error(kinks.plain);
    BOOST_TEST(error < 1e-6, kinks.description());
    worst = std::max(worst, error);
  }
  BOOST_TEST_MESSAGE(
      fmt::format("gradient against differences of the loss, 60 problems of seed {}: {:.1e}", seed, worst));
}

BOOST_AUTO_TEST_CASE(slides_with_an_error_of_first_order) {
  const PlainProblem p = sliding_neuron();
  double before = 0;
  // Where in its last hop across the kink a descent ends is irregular: factors of four show the order.
  for (const std::int64_t steps : {1000, 4000, 16000, 64000}) {
    const double error = relative_distance(descend(p, steps), sliding_end());
    const double order = before > 0 ? std::log(before / error) / std::log(4.0) : 1;
    BOOST_TEST_MESSAGE(
        fmt::format("sliding neuron, {} steps: error {:.2e}, order {:.2f}", steps, error, order));
    BOOST_TEST(std::abs(order - 1) < 0.3);
    before = error;
  }
}

BOOST_AUTO_TEST_CASE(knows_its_own_error) {
  const PlainProblem p = sliding_neuron();
  const Arbiter arbiter(p);
  const double error = relative_distance(arbiter.weights(), sliding_end());
  BOOST_TEST_MESSAGE(
      fmt::format("sliding neuron: error {:.1e}, own estimate {:.1e}", error, arbiter.error()));
  BOOST_TEST(arbiter.error() < 3e-5);
  BOOST_TEST(error < 30 * arbiter.error());  // what the census allows
}

BOOST_AUTO_TEST_SUITE_END()
