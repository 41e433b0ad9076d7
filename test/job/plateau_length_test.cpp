// Flows from tiny starts: the plateaus grow with 1 / delta, the steps do not, and the path is right.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "saddleflow/study/flow_setup.hpp"

BOOST_AUTO_TEST_SUITE(plateau_length_test)

using namespace saddleflow;

namespace {

const std::string kMainStudy = std::string(STUDIES) + "/saddle-to-saddle.toml";

struct Flow {
  std::int64_t steps = 0;
  std::vector<Real> jumps;  ///< times of the escape and of the ends of the visits
  Real loss = 0;
  WorkCounters work;
};

class Jumps final : public Observer {
 public:
  Jumps(const FlowAssembly& parts, std::vector<Real>& times) : parts_(parts), times_(times) {}
  void on_event(const EventHit& hit, const Vector& /*x*/, const StateAt& /*dense*/) override {
    const std::string& kind = parts_.events.kinds[hit.event];
    if (kind == "escape_loss" || kind == "saddle_leave") times_.push_back(hit.time);
  }

 private:
  const FlowAssembly& parts_;
  std::vector<Real>& times_;
};

/// The main study with these changes, to thirty times 1 / delta.
Flow flow_from(Real delta, std::vector<std::string> changes, Real rtol) {
  changes.push_back(fmt::format("init.scale={:e}", static_cast<double>(delta)));
  changes.push_back(fmt::format("flow.t_end={:e}", static_cast<double>(30 / delta)));
  FlowSetup setup(StudyTable::read(kMainStudy, changes), rtol);
  Flow flow;
  Jumps jumps(setup.parts, flow.jumps);
  const Outcome outcome = setup.parts.run(jumps, setup.integration_options());
  BOOST_TEST((outcome.stop_reason == Stop::reached_end));
  flow.steps = setup.parts.steps.accepted;
  flow.loss = setup.objective.value(setup.parts.weights(outcome.state));
  flow.work = setup.parts.work();
  return flow;
}

/// Largest relative difference of the jumps.
Real apart(const Flow& a, const Flow& b) {
  BOOST_TEST_REQUIRE(a.jumps.size() == b.jumps.size());
  Real largest = 0;
  for (std::size_t k = 0; k < a.jumps.size(); ++k)
    largest = std::max(largest, std::abs(a.jumps[k] / b.jumps[k] - 1));
  return largest;
}

}  // namespace

// From 1e-3 to 1e-9 the plateaus become a million times as long. A decade costs 20 to 36 steps, 9 of them
// near the origin; without integrating factors it costs 51 to 62.
BOOST_AUTO_TEST_CASE(steps_do_not_grow_with_the_plateaus) {
  const Flow first = flow_from(Real(1e-3), {}, Real(1e-8));
  for (const Real delta : {Real(1e-6), Real(1e-9), Real(1e-15)}) {
    const Flow flow = flow_from(delta, {}, Real(1e-8));
    fmt::print("start {:.0e}: {} steps, {} gradients, {} products; {} steps from 1e-3\n",
               static_cast<double>(delta), flow.steps, flow.work.gradients, flow.work.hessian_vectors,
               first.steps);
    const auto decades = static_cast<double>(std::log10(Real(1e-3) / delta));
    BOOST_TEST(static_cast<double>(flow.steps - first.steps) <= 45 * decades);
    // The times are those of the limit, in units of 1 / delta, but for what the jumps take.
    BOOST_TEST_REQUIRE(flow.jumps.size() == first.jumps.size());
    for (std::size_t k = 0; k < flow.jumps.size(); ++k)
      BOOST_TEST(std::abs(delta * flow.jumps[k] / (Real(1e-3) * first.jumps[k]) - 1) <= Real(0.02));
    BOOST_TEST(flow.loss < Real(1e-12));
  }
}

// Beside a neuron that moves, the whole rate of an inactive one may be less than rounding of the other's: it
// must grow nevertheless. With one output and with two, with kinks of the second derivative and without.
BOOST_AUTO_TEST_CASE(tiny_neurons_grow_as_at_tight_tolerances) {
  const std::vector<std::vector<std::string>> kinds = {{},
                                                       {"network.slope=-1"},
                                                       {"network.layers=[10,20,2]"},
                                                       {"network.slope=-1", "flow.stepper=rodas5p-cg"}};
  for (const std::vector<std::string>& changes : kinds)
    for (const Real delta : {Real(1e-3), Real(1e-15)}) {
      const Flow usual = flow_from(delta, changes, Real(1e-8)),
                 tight = flow_from(delta, changes, Real(1e-11));
      fmt::print("{} from {:.0e}: jumps {:.1e} apart, {} and {} steps\n", fmt::join(changes, " "),
                 static_cast<double>(delta), static_cast<double>(apart(usual, tight)), usual.steps,
                 tight.steps);
      BOOST_TEST(apart(usual, tight) <= Real(1e-6));
    }
}

// Weights at rest have gradients of 1e-14 by rounding, which a plateau of 1e30 would make a drift of the
// energy beyond its bound. flow_from() asks for the end.
BOOST_AUTO_TEST_CASE(rest_adds_nothing_to_the_energy) {
  const Flow flow = flow_from(
      Real(1e-30), {"network.layers=[3,6,1]", "data.samples=30", "data.teacher.hidden=[2]"}, Real(1e-10));
  fmt::print("start 1e-30: {} steps, loss {:.1e}\n", flow.steps, static_cast<double>(flow.loss));
  BOOST_TEST(flow.loss < Real(1e-20));
}

// Four layers from 1e-6, plateaus of 5e13: the Newton iteration failed hundreds of times while components
// with rounded slopes rested, and while the search for modes ended where a long step still moves what is
// left.
BOOST_AUTO_TEST_CASE(radau7_on_the_plateaus_of_a_deep_network) {
  const auto run = [](const std::string& stepper) {
    FlowSetup setup(StudyTable::read(std::string(STUDIES) + "/deep.toml",
                                     {"init.scale=1e-6", "flow.t_end=8e13", "flow.stepper=" + stepper}),
                    Real(1e-8));
    Flow flow;
    Jumps jumps(setup.parts, flow.jumps);
    const Outcome outcome = setup.parts.run(jumps, setup.integration_options());
    const StepCounters& steps = setup.parts.steps;
    fmt::print("deep from 1e-6, {}: {} steps, {} failed iterations, {} gradients\n", stepper, steps.accepted,
               steps.rejected_indefinite, setup.parts.work().gradients);
    BOOST_TEST((outcome.stop_reason == Stop::reached_end));
    BOOST_TEST(steps.rejected_indefinite <= 10);
    BOOST_TEST(steps.accepted <= 400);
    return flow;
  };
  const Flow radau = run("radau7"), usual = run("auto");
  BOOST_TEST(apart(radau, usual) <= Real(1e-6));
}

BOOST_AUTO_TEST_SUITE_END()
