// The mode of an objective ends with the flow that has put it there.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <type_traits>

#include "ode/switching/kink_run.hpp"
#include "saddleflow/flow/flow_stepping.hpp"

using namespace saddleflow;

namespace {

static_assert(!std::is_copy_constructible_v<PiecewiseFlow> && !std::is_move_constructible_v<PiecewiseFlow>);

Vector gradient_at(Objective& objective, const Vector& w) {
  Vector g;
  objective.gradient(w, g);
  return g;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mode_lifetime_test)

// Elsewhere than on the trajectory the mode's gradient is another function's.
BOOST_AUTO_TEST_CASE(after_a_flow_the_network_is_as_it_was) {
  test::KinkProblem problem;
  problem.sizes = {4, 6, 1};
  problem.samples = 20;
  Objective objective(problem.network(), problem.data(), Loss());
  Objective fresh(problem.network(), problem.data(), Loss());
  const Vector elsewhere = -problem.start();
  Vector in_mode;
  {
    FlowAssemblyOptions options;
    options.charts = FlowAssemblyOptions::Charts::cartesian;
    options.events = no_flow_events();
    options.stepping = flow_stepping(objective.network(), Real(1e-6), Real(1));
    FlowAssembly parts(objective, problem.start(), options);
    IntegrationOptions integration;
    integration.t_end = 2;
    Observer nobody;
    BOOST_TEST(parts.run(nobody, integration).stop_reason == "reached_end");
    BOOST_TEST_REQUIRE(objective.has_mode());
    in_mode = gradient_at(objective, elsewhere);
  }
  const Vector after = gradient_at(objective, elsewhere), expected = gradient_at(fresh, elsewhere);
  fmt::print("gradient off the trajectory: in the mode {:.2g} away, after the flow {:.2g}\n",
             static_cast<double>((in_mode - expected).norm() / expected.norm()),
             static_cast<double>((after - expected).norm() / expected.norm()));
  BOOST_TEST(!objective.has_mode());
  BOOST_TEST((in_mode - expected).norm() > Real(0.01) * expected.norm());
  BOOST_TEST((after == expected));
}

BOOST_AUTO_TEST_SUITE_END()
