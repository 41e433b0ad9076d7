// A network with kinks from outside: the same steps as the library's own where it shows them; a warning and a
// gauge's stop where it does not.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cstdint>

#include "outside/own_relu.hpp"
#include "outside/wrapped_network.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/correlation/kkt_search.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/saddle/critical_point.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(own_kinks_test)

namespace {

constexpr Index kInputs = 3, kWidth = 6, kSamples = 12;

Dataset own_kinks_data() {
  Random random(11);
  Dataset data;
  data.inputs = random.normal_matrix(kInputs, kSamples);
  data.targets = random.normal_matrix(1, kSamples);
  return data;
}

Vector own_kinks_start() {
  Random random(12);
  return Real(0.3) * random.unit_vector(kWidth * (kInputs + 1));
}

struct OwnRun {
  Vector weights;
  std::int64_t steps = 0;
  std::string stop;
  Gauges gauges;
  std::vector<std::string> kept, told;
};

OwnRun own_run(std::shared_ptr<const Network> network,
               FlowAssemblyOptions::Kinks policy = FlowAssemblyOptions::Kinks::follow,
               std::int64_t max_steps = IntegrationOptions().max_steps) {
  Objective objective(std::move(network), own_kinks_data(), Loss());
  OwnRun run;
  FlowAssemblyOptions options;
  options.kink_policy = policy;
  options.on_warning = [&run](const std::string& warning) { run.told.push_back(warning); };
  FlowAssembly flow(objective, own_kinks_start(), options);
  Observer nobody;
  IntegrationOptions until;
  until.t_end = 50;
  until.max_steps = max_steps;
  const Outcome end = flow.run(nobody, until);
  run.weights = flow.weights(end.state);
  run.steps = flow.steps.accepted;
  run.stop = end.stop_reason.text();
  run.gauges = flow.gauges;
  run.kept = flow.warnings;
  BOOST_TEST_MESSAGE(fmt::format("{}: {} steps, {} at t = {:.3g}, energy off by {:.1e}, balance by {:.1e}",
                                 objective.network().kind(), run.steps, run.stop,
                                 static_cast<double>(end.time), static_cast<double>(run.gauges.energy_drift),
                                 static_cast<double>(run.gauges.balance_drift)));
  return run;
}

std::shared_ptr<const Network> built_in() { return feed_forward({kInputs, kWidth, 1}, Activation(0, 1)); }

}  // namespace

BOOST_AUTO_TEST_CASE(a_class_of_ones_own_takes_the_same_steps) {
  const OwnRun here = own_run(built_in()), there = own_run(own_relu(kInputs, kWidth));
  BOOST_TEST(there.steps == here.steps);
  BOOST_TEST(there.stop == here.stop);
  BOOST_TEST((there.weights - here.weights).norm() <= Real(1e-9) * here.weights.norm());
  BOOST_TEST(there.kept.empty());
  BOOST_TEST(here.told.empty());
}

BOOST_AUTO_TEST_CASE(kkt_points_and_critical_points_of_ones_own) {
  Objective here(built_in(), own_kinks_data(), Loss()),
      there(own_relu(kInputs, kWidth), own_kinks_data(), Loss());
  Correlation n_here(here), n_there(there);
  KktSearchOptions search;
  search.starts = 8;
  const KktTable a = find_kkt_points(n_here, search), b = find_kkt_points(n_there, search);
  BOOST_REQUIRE(!a.entries.empty());
  BOOST_REQUIRE(b.entries.size() == a.entries.size());
  for (std::size_t k = 0; k < a.entries.size(); ++k)
    BOOST_TEST(std::abs(a.entries[k].point.value - b.entries[k].point.value) <= Real(1e-9));
  const Vector w = own_run(built_in()).weights;
  const CriticalPoint p = analyse_critical_point(here, w), q = analyse_critical_point(there, w);
  BOOST_TEST((p.kind == q.kind));
  BOOST_TEST((p.point() - q.point()).norm() <= Real(1e-7) * w.norm());
  BOOST_TEST(p.kinks.has_value() == q.kinks.has_value());
  if (p.kinks && q.kinks) BOOST_TEST(p.kinks->kinks.size() == q.kinks->kinks.size());
}

BOOST_AUTO_TEST_CASE(kinks_that_are_not_shown_are_warned_of_and_stopped_by_a_gauge) {
  const OwnRun run = own_run(wrapped(built_in(), Shown::no_pre_activations));
  BOOST_REQUIRE(run.told.size() == 1u);
  BOOST_TEST(run.told == run.kept, boost::test_tools::per_element());
  BOOST_TEST(run.told[0].find("trait pre_activations") != std::string::npos);
  BOOST_TEST(run.told[0].find("wrapped") != std::string::npos);
  BOOST_TEST(run.stop == "energy_drift");
}

// Such a flow may take steps of 1e-13 along a kink without an end: a thousand of them tell.
BOOST_AUTO_TEST_CASE(kinks_that_are_to_be_ignored_are_not_warned_of) {
  const OwnRun run =
      own_run(wrapped(built_in(), Shown::no_pre_activations), FlowAssemblyOptions::Kinks::ignore, 1000);
  BOOST_TEST(run.told.empty());
  BOOST_TEST(run.kept.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test
