// Five hidden layers and a dense output of degree 7: pre-activations are polynomials of degree up to 35 along
// a step. Against gradient descent with tiny steps, whose limit is the flow, and against itself at 1e-13.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "ode/switching/kink_run.hpp"

using namespace saddleflow;
namespace bdata = boost::unit_test::data;

namespace {

test::KinkProblem deep_problem(int seed) {
  test::KinkProblem problem;
  problem.seed = static_cast<std::uint64_t>(seed);
  problem.sizes = {3, 3, 3, 3, 3, 3, 1};
  problem.samples = 6;
  problem.slope = Real(0.3);
  problem.targets = test::Targets::random;
  problem.norm = 4;
  problem.t_end = 4;
  return problem;
}

Vector descent(Objective& objective, Vector w, Real t_end, int steps) {
  Vector g(w.size());
  const Real h = t_end / static_cast<Real>(steps);
  for (int k = 0; k < steps; ++k) {
    objective.gradient(w, g);
    w -= h * g;
  }
  return w;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(deep_crossings_test)

BOOST_DATA_TEST_CASE(five_hidden_layers, bdata::xrange(1, 6), seed) {
  const test::KinkProblem problem = deep_problem(seed);
  test::KinkOptions options;
  options.stepper = "dop853";
  options.times = {problem.t_end};
  options.rtol = Real(1e-13);
  const test::KinkRun fine = test::run_kinks(problem, options);
  options.rtol = Real(1e-10);
  const test::KinkRun run = test::run_kinks(problem, options);
  BOOST_TEST_REQUIRE(fine.stop_reason == "reached_end", "seed " << seed << ": " << fine.message);
  BOOST_TEST_REQUIRE(run.stop_reason == "reached_end", "seed " << seed << ": " << run.message);
  Objective objective(problem.network(), problem.data(), Loss(square_loss(), problem.reduction));
  const int steps = 100000;
  const Vector coarse = descent(objective, problem.start(), problem.t_end, steps);
  const Vector right = descent(objective, problem.start(), problem.t_end, 2 * steps);
  const Real size = right.norm(), own = (coarse - right).norm() / size;
  const Real error = (run.path[0] - fine.path[0]).norm() / size;
  const Real off = (fine.path[0] - right).norm() / size;
  fmt::print(
      "seed {}: {} crossings, {} slides; 1e-10 against 1e-13 {:.1e}, against descent {:.1e} (its own "
      "error {:.1e})\n",
      seed, run.crossings, run.entries, static_cast<double>(error), static_cast<double>(off),
      static_cast<double>(own));
  BOOST_TEST(run.crossings > 0);
  BOOST_TEST(error <= 100 * options.rtol);
  BOOST_TEST(off <= 2 * own);
}

BOOST_AUTO_TEST_SUITE_END()
