// A flow that stays, as gradient descent does, on kinks from which the loss falls: followed past where it
// might have left, against gradient descent with a tiny step.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "arbiter/library_flow.hpp"
#include "arbiter/random_kinks.hpp"
#include "ode/switching/kink_run.hpp"
#include "saddleflow/base/to_doubles.hpp"

using namespace saddleflow;

BOOST_AUTO_TEST_SUITE(trapped_flow_test)

// Number 54 of the census of seed 2: from t = 3.173 on all kinks at one sample are held. A flow that leaves
// there ends 3e-3 away. Compared from shortly before on: the path has passed by kinks until then, where a
// step of gradient descent would have to be far smaller.
BOOST_AUTO_TEST_CASE(stays_with_gradient_descent) {
  const test::PlainProblem problem = test::random_kinks(2, 54).plain;
  const auto objective = test::objective_of(problem);
  constexpr Real before = Real(3.1);
  test::KinkOptions options;
  options.rtol = Real(1e-8);
  options.times = {before, Real(problem.t_end)};
  const test::KinkRun run =
      test::run_kinks(*objective, test::start_of(problem), Real(problem.t_end), options);
  BOOST_TEST_REQUIRE(run.stop_reason == "reached_end");
  test::PlainProblem rest = problem;
  rest.start.assign(run.path.front().begin(), run.path.front().end());
  rest.t_end -= static_cast<double>(before);
  const test::Arbiter arbiter(rest);
  const Vector right = to_vector(arbiter.weights()).head(run.path.back().size());
  const Real off = (run.path.back() - right).norm() / right.norm();
  fmt::print("end off by {:.1e}, the descent's own error {:.1e}\n", static_cast<double>(off),
             arbiter.error());
  BOOST_TEST(off <= Real(3e-4));
}

BOOST_AUTO_TEST_SUITE_END()
