// Where so many kinks meet that only a random sample of the ways to go on can be looked at.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>

#include "saddleflow/base/random.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/flow/flow_stepping.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/pursuit/minimise.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(sampled_decisions_test)

namespace {

constexpr Index kInputs = 8, kSamples = 40;  // C(40, 7) choices of kinks that vanish together

/// A neuron whose weights are zero: all its kinks meet there.
struct ZeroNeuron {
  std::uint64_t seed = 3;
  std::shared_ptr<const Network> network = feed_forward({kInputs, 1, 1}, Activation(0, 1));
  Dataset data;
  Vector start = Vector::Unit(kInputs + 1, kInputs);

  ZeroNeuron() {
    Random random(seed);
    data.inputs.resize(kInputs, kSamples);
    for (Real& x : data.inputs.reshaped()) x = random.normal();
    data.targets.resize(1, kSamples);
    for (Real& y : data.targets.reshaped()) y = random.normal();
    fmt::print("seed {}\n", seed);
  }
};

Outcome run(FlowAssembly& parts) {
  IntegrationOptions integration;
  integration.t_end = Real(0.01);
  Observer nobody;
  return parts.run(nobody, integration);
}

FlowAssemblyOptions options_of(const Objective& objective) {
  FlowAssemblyOptions options;
  options.charts = FlowAssemblyOptions::Charts::cartesian;
  options.events = no_flow_events();
  options.stepping = flow_stepping(objective.network(), Real(1e-6), Real(1));
  return options;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_flow_stops_there) {
  const ZeroNeuron problem;
  Objective objective(problem.network, problem.data, Loss());
  FlowAssembly parts(objective, problem.start, options_of(objective));
  const Outcome outcome = run(parts);
  BOOST_TEST(outcome.stop_reason == "sampled_decision");
  BOOST_TEST(outcome.failed());
  BOOST_TEST(parts.sampled_decisions == 1);
  fmt::print("{}\n", outcome.message);
}

BOOST_AUTO_TEST_CASE(or_goes_on_and_counts) {
  const ZeroNeuron problem;
  Objective objective(problem.network, problem.data, Loss());
  FlowAssemblyOptions options = options_of(objective);
  options.stop_at_sampled_decisions = false;
  FlowAssembly parts(objective, problem.start, options);
  BOOST_TEST(run(parts).stop_reason == "reached_end");
  BOOST_TEST(parts.sampled_decisions == 1);
}

BOOST_AUTO_TEST_CASE(a_minimisation_does_as_it_is_told) {
  const ZeroNeuron problem;
  MinimiseOptions options;
  options.t_end = Real(0.01);
  for (const bool stop : {true, false}) {
    options.stop_at_sampled_decisions = stop;
    Objective objective(problem.network, problem.data, Loss());
    const Minimisation end = minimise(objective, problem.start, options);
    BOOST_TEST(end.stop_reason == (stop ? "sampled_decision" : "reached_end"));
    BOOST_TEST(end.sampled_decisions == 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test
