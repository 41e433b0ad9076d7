// A network with neurons of which it says nothing one by one (neither layered nor separable): at critical
// points with zero neurons their correlation functions are not known, and everything else is as ever.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>

#include "outside/wrapped_network.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/flow/approach.hpp"
#include "saddleflow/job/saddle_run.hpp"
#include "saddleflow/saddle/critical_point.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(unknown_neurons_test)

namespace {

constexpr Index kUnknownInputs = 3, kUnknownWidth = 4;

Dataset unknown_data() {
  Random random(5);
  Dataset data;
  data.inputs = random.normal_matrix(kUnknownInputs, 9);
  data.targets = random.normal_matrix(1, 9);
  return data;
}

std::shared_ptr<const Network> unknown_network(Activation activation) {
  return feed_forward({kUnknownInputs, kUnknownWidth, 1}, activation);
}

/// Where the flow of the first neuron alone comes to rest, the others exactly zero.
Vector one_neuron_point(Objective& objective) {
  Random random(6);
  const Neuron& first = objective.network().neurons()[0];
  Vector w = Vector::Zero(objective.size());
  for (const Index i : first.incoming) w[i] = random.normal();
  for (const Index i : first.outgoing) w[i] = random.normal();
  ApproachOptions options;
  options.destination = Destination::minimum;
  return follow_to_critical_point(objective, w, options).weights;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_rest_of_the_analysis_is_right) {
  for (const Activation& activation : {Activation(0, 2), Activation(Real(0.2), 1)}) {
    const auto network = unknown_network(activation);
    Objective here(network, unknown_data(), Loss()),
        there(wrapped(network, Shown::no_structure), unknown_data(), Loss());
    const Vector w = one_neuron_point(here);
    const CriticalPoint p = analyse_critical_point(here, w), q = analyse_critical_point(there, w);
    BOOST_TEST_MESSAGE(
        fmt::format("{}: loss {:.6f}, known: {} ways down of {} functions; else {} neurons unknown, {}",
                    network->description(), static_cast<double>(p.refinement.loss), p.escapes.size(),
                    p.ncfs.size(), q.unknown_ncfs.size(), name_of(q.kind)));
    BOOST_REQUIRE(p.is_critical());
    BOOST_REQUIRE(!p.ncfs.empty());
    BOOST_TEST(p.unknown_ncfs.empty());
    BOOST_TEST(q.is_critical());
    BOOST_TEST(q.ncfs.empty());
    BOOST_TEST(q.unknown_ncfs == p.inactive.neurons, boost::test_tools::per_element());
    BOOST_TEST(q.unknown_ncfs.size() == static_cast<std::size_t>(kUnknownWidth - 1));
    BOOST_TEST((p.point() - q.point()).norm() == 0);
    BOOST_TEST((p.spectrum.eigenvalues - q.spectrum.eigenvalues).norm() <=
               Real(1e-12) * p.spectrum.eigenvalues.norm());
    BOOST_TEST(q.zero_modes.total() == p.zero_modes.total());
    BOOST_TEST(q.active_neurons == p.active_neurons, boost::test_tools::per_element());
    // Ways down that the Hessian and the kinks tell are told.
    const auto first_and_second = [](const CriticalPoint& point) {
      return std::ranges::count_if(point.escapes, [](const EscapeDirection& way) {
        return way.kind != EscapeDirection::Kind::correlation;
      });
    };
    BOOST_TEST(first_and_second(q) == first_and_second(p));
    BOOST_TEST(std::ssize(q.escapes) == first_and_second(q));
  }
}

// The origin is that of the whole network, whatever is known of its neurons.
BOOST_AUTO_TEST_CASE(ways_down_from_the_origin_are_found) {
  for (const Activation& activation : {Activation(0, 2), Activation(Real(0.2), 1)}) {
    const auto network = unknown_network(activation);
    Objective objective(wrapped(network, Shown::no_structure), unknown_data(), Loss());
    const CriticalPoint origin = analyse_critical_point(objective, Vector::Zero(objective.size()));
    BOOST_TEST((origin.kind == CriticalKind::origin));
    BOOST_REQUIRE(!origin.escapes.empty());
    BOOST_TEST((origin.escapes.front().kind == EscapeDirection::Kind::correlation));
    Correlation correlation(objective);
    BOOST_TEST(std::abs(correlation.value(origin.escapes.front().direction) - origin.escapes.front().value) <=
               Real(1e-9) * origin.escapes.front().value);
  }
}

// What sf-saddles calls.
BOOST_AUTO_TEST_CASE(a_survey_of_the_point_goes_through) {
  const auto network = unknown_network(Activation(0, 2));
  Objective there(wrapped(network, Shown::no_structure), unknown_data(), Loss());
  const Vector w = one_neuron_point(there);
  std::vector<KktProblem> runs;
  KktProblem problem;
  problem.objective =
      std::make_unique<Objective>(wrapped(network, Shown::no_structure), unknown_data(), Loss());
  problem.correlation = std::make_unique<Correlation>(*problem.objective);
  const SaddleSurvey survey = survey_point(problem, w, {});
  BOOST_REQUIRE(survey.points.size() == 1u);
  BOOST_TEST(survey.points.front().is_critical());
  BOOST_TEST(survey.points.front().unknown_ncfs.size() == static_cast<std::size_t>(kUnknownWidth - 1));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test
