// A network of the library that comes in from outside takes the same steps, to the bit: nobody decides by its
// name.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cstring>

#include "outside/wrapped_network.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/correlation/kkt_search.hpp"
#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/pursuit/neuron_pursuit.hpp"
#include "saddleflow/saddle/critical_point.hpp"
#include "saddleflow/saddle/limit_path.hpp"
#include "saddleflow/skeleton/skeleton.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(wrapped_network_test)

namespace {

constexpr std::uint64_t kSeed = 11;

struct Case {
  const char* name;
  std::shared_ptr<const Network> network;
  Real size;  ///< of the start
  Real t_end;
};

std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

std::vector<Case> cases() {
  return {{"leaky ReLU", feed_forward({3, 6, 2}, Activation(Real(0.1), 1)), Real(1e-3), 20},
          {"three layers of ReLU", feed_forward({3, 4, 3, 1}, Activation(0, 1)), Real(0.3), 10},
          {"squared ReLU", feed_forward({3, 5, 1}, Activation(0, 2)), Real(1e-2), 50},
          {"deep linear", feed_forward({3, 3, 3, 2}, Activation(1, 1)), Real(1e-2), 100},
          {"sum of squares", power_sum(3, 4, Activation(-1, 2)), Real(1e-3), 20},
          {"diagonal", diagonal_linear(3), Real(1e-3), 20}};
}

Dataset data_for(const Network& network) {
  Random random(kSeed);
  Dataset data;
  data.inputs = random.normal_matrix(network.input_count(), 7);
  data.targets = random.normal_matrix(network.output_count(), 7);
  data.origin = "random";
  return data;
}

Vector start_for(const Network& network, Real size) {
  Random random(kSeed + 1);
  return size * random.unit_vector(network.parameter_count());
}

bool same_bits(const Vector& a, const Vector& b) {
  return a.size() == b.size() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(Real)) == 0;
}

struct Run {
  Vector weights;
  std::int64_t steps = 0, changes = 0;
  std::string stop;
};

class ChangeCounter : public Observer {
 public:
  explicit ChangeCounter(FlowAssembly& parts) : parts_(parts) {}
  void on_step(const StepView& step) override { changes += std::ssize(parts_.kink_changes(step)); }
  std::int64_t changes = 0;

 private:
  FlowAssembly& parts_;
};

Run flow_of(const std::shared_ptr<const Network>& network, const Case& c) {
  Objective objective(network, data_for(*network), Loss());
  FlowAssembly parts(objective, start_for(*network, c.size));
  ChangeCounter counter(parts);
  IntegrationOptions until;
  until.t_end = c.t_end;
  const Outcome outcome = parts.run(counter, until);
  return {parts.weights(outcome.state), parts.steps.accepted, counter.changes, outcome.stop_reason.text()};
}

}  // namespace

BOOST_DATA_TEST_CASE(the_flow_is_the_same, cases(), c) {
  const Run own = flow_of(c.network, c), outside = flow_of(wrapped(c.network), c);
  BOOST_TEST_MESSAGE(
      fmt::format("{}: {} steps, {} changes of kinks, {}", c.name, own.steps, own.changes, own.stop));
  BOOST_TEST(own.steps > 10);
  BOOST_TEST(outside.steps == own.steps);
  BOOST_TEST(outside.changes == own.changes);
  BOOST_TEST(outside.stop == own.stop);
  BOOST_TEST(same_bits(outside.weights, own.weights));
}

BOOST_DATA_TEST_CASE(kkt_points_and_critical_points_are_the_same, cases(), c) {
  Objective own(c.network, data_for(*c.network), Loss());
  Objective outside(wrapped(c.network), data_for(*c.network), Loss());
  KktSearchOptions search;
  search.starts = 8;
  Correlation own_n(own), outside_n(outside);
  const KktTable here = find_kkt_points(own_n, search), there = find_kkt_points(outside_n, search);
  BOOST_REQUIRE(there.entries.size() == here.entries.size());
  BOOST_TEST(here.entries.size() > 0u);
  for (std::size_t k = 0; k < here.entries.size(); ++k)
    BOOST_TEST(same_bits(there.entries[k].point.direction, here.entries[k].point.direction));
  const Vector w = flow_of(c.network, c).weights;
  const CriticalPoint p = analyse_critical_point(own, w), q = analyse_critical_point(outside, w);
  BOOST_TEST((p.kind == q.kind));
  BOOST_TEST(same_bits(p.point(), q.point()));
  BOOST_TEST(p.escapes.size() == q.escapes.size());
  BOOST_TEST(p.zero_modes.explained() == q.zero_modes.explained());
}

BOOST_AUTO_TEST_CASE(what_needs_a_trait_finds_it) {
  const Case c = cases()[2];
  Objective own(c.network, data_for(*c.network), Loss()),
      outside(wrapped(c.network), data_for(*c.network), Loss());
  const Vector w = start_for(*c.network, c.size);
  const Skeleton here = compute_skeleton(own, w.normalized()),
                 there = compute_skeleton(outside, w.normalized());
  BOOST_REQUIRE(here.jumps.size() == there.jumps.size());
  BOOST_TEST(here.jumps.size() > 0u);
  for (std::size_t k = 0; k < here.jumps.size(); ++k)
    BOOST_TEST(same_bits(here.jumps[k].weights, there.jumps[k].weights));
  const SeparableAnalysis one = analyse_neurons(own, w), other = analyse_neurons(outside, w);
  BOOST_TEST(one.limits.entries.size() == other.limits.entries.size());
}

// The gradient of ReLU jumps, and nobody can know where: what would be wrong is refused.
BOOST_AUTO_TEST_CASE(unknown_kinks_are_refused) {
  const Case c = cases()[0];
  Objective objective(wrapped(c.network, Shown::no_pre_activations), data_for(*c.network), Loss());
  Correlation correlation(objective);
  const auto says = [](const InputError& e) {
    return std::string(e.what()).find("trait pre_activations") != std::string::npos;
  };
  BOOST_CHECK_EXCEPTION(find_kkt_points(correlation, {}), InputError, says);
  BOOST_CHECK_EXCEPTION(analyse_critical_point(objective, start_for(*c.network, 1)), InputError, says);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test
