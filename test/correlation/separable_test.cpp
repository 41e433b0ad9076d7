// Networks with one hidden layer, neuron by neuron.
#include "saddleflow/correlation/separable.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "correlation/print_table.hpp"
#include "correlation/problems.hpp"
#include "saddleflow/base/error.hpp"

BOOST_AUTO_TEST_SUITE(separable_test)

using namespace saddleflow;
using namespace saddleflow::test;

// V5, several neurons at once: |a|^2 - 2 b^2 < 0 and b < 0 die, the others go to the maximiser.
BOOST_AUTO_TEST_CASE(each_neuron_of_a_cubic_network) {
  const Circle circle(8, Real(0.5));
  Objective objective =
      make_objective(feed_forward({2, 9, 1}, Activation(-1, 2)), circle.inputs, circle.targets);
  Vector w = Random(12).unit_vector(objective.size());
  for (const Index i : objective.network().neurons()[4].incoming) w[i] = 0;
  for (const Index i : objective.network().neurons()[4].outgoing) w[i] = 0;
  const SeparableAnalysis analysis = analyse_neurons(objective, w);
  print("one neuron of V5", analysis.limits);
  BOOST_TEST_REQUIRE(analysis.fates.size() == 9U);
  Index dying = 0;
  for (Index k = 0; k < 9; ++k) {
    const NeuronFate& fate = analysis.fates[static_cast<std::size_t>(k)];
    const Vector v = neuron_weights(objective.network(), w, k);
    const bool dies = k == 4 || (v[2] < 0 && v.head(2).squaredNorm() < 2 * v[2] * v[2]);
    if (dies) ++dying;
    BOOST_TEST(fate.dies == dies);
    BOOST_TEST(!fate.unresolved);
    BOOST_TEST(fate.limit == (dies ? -1 : 0));
    if (!dies) BOOST_TEST((fate.flow.end == NcfEnd::blow_up));
  }
  BOOST_TEST(dying >= 2);
  BOOST_TEST(dying <= 7);
}

// N of the network is the sum over its neurons, and the network's largest value is a neuron's.
BOOST_AUTO_TEST_CASE(sum_over_neurons) {
  Objective objective = random_objective(feed_forward({3, 5, 2}, Activation(0, 2)), 10, 14);
  Correlation correlation(objective);
  const Vector w = Random(2).unit_vector(objective.size());
  const SeparableAnalysis analysis = analyse_neurons(objective, w);
  print("one neuron", analysis.limits);
  Real sum = 0;
  for (Index k = 0; k < 5; ++k) {
    const Real norm = neuron_weights(objective.network(), w, k).norm();
    sum += std::pow(norm, Real(3)) * analysis.fates[static_cast<std::size_t>(k)].start_value;
    BOOST_TEST(!analysis.fates[static_cast<std::size_t>(k)].unresolved);
  }
  BOOST_TEST(std::abs(sum - correlation.value(w)) < 1e-14);
  const KktTable table = find_kkt_points(correlation, {.starts = 32, .descend = false});
  BOOST_TEST(std::abs(table.entries[0].point.value - analysis.limits.entries[0].point.value) < 1e-12);
}

BOOST_AUTO_TEST_CASE(decomposition_refuses_what_does_not_fit) {
  Objective deep = random_objective(feed_forward({3, 2, 2, 1}, Activation(0, 2)), 10, 14);
  BOOST_CHECK_THROW(analyse_neurons(deep, Vector::Ones(deep.size())), InputError);
  Objective flat = random_objective(power_sum(3, 2, Activation(0, 2)), 10, 14);
  BOOST_CHECK_THROW(analyse_neurons(flat, Vector::Ones(2)), InputError);
}

BOOST_AUTO_TEST_SUITE_END()
