// Sequences of saddles side by side.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "saddleflow/base/random.hpp"
#include "saddleflow/skeleton/comparison.hpp"

using namespace saddleflow;

BOOST_AUTO_TEST_SUITE(comparison_test)

namespace {

SaddleStop stop_at(Real time, Real output) {
  SaddleStop stop;
  stop.time = time;
  stop.loss = 10 - output;
  stop.outputs = Matrix::Constant(1, 1, output);
  stop.active_neurons = {static_cast<Index>(output)};
  return stop;
}

SaddleSequence sequence(const std::vector<Real>& outputs) {
  SaddleSequence result{"test", {}};
  for (const Real output : outputs)
    result.stops.push_back(stop_at(static_cast<Real>(result.stops.size()), output));
  return result;
}

using Pairs = std::vector<std::pair<Index, Index>>;

Pairs pairs_of(const std::vector<StopMatch>& matches) {
  Pairs pairs;
  for (const StopMatch& match : matches) pairs.emplace_back(match.first, match.second);
  return pairs;
}

}  // namespace

BOOST_AUTO_TEST_CASE(missing_and_additional_stops) {
  const auto found = match_sequences(sequence({1, 2, 3, 4}), sequence({1, 3, 5, 4}));
  const Pairs expected{{0, 0}, {1, -1}, {2, 1}, {-1, 2}, {3, 3}};
  BOOST_TEST((pairs_of(found) == expected));
  BOOST_TEST(found[2].time_difference == -1);
  BOOST_TEST(found[2].same_active_neurons);
  BOOST_TEST(!found[1].is_pair());
}

BOOST_AUTO_TEST_CASE(the_longest_and_then_the_closest_match) {
  // In the other order only one of the two fits.
  BOOST_TEST(match_sequences(sequence({1, 2}), sequence({2, 1})).size() == 3);
  const auto found = match_sequences(sequence({1}), sequence({Real(1.0009), Real(1.0001), Real(1.0005)}));
  const Pairs expected{{-1, 0}, {0, 1}, {-1, 2}};
  BOOST_TEST((pairs_of(found) == expected));
  BOOST_TEST(std::abs(found[1].output_distance - Real(1e-4)) < Real(1e-12));
  BOOST_TEST(std::abs(found[1].loss_difference + Real(1e-4)) < Real(1e-12));
}

BOOST_AUTO_TEST_CASE(the_tolerance_is_relative_and_shapes_count) {
  BOOST_TEST(match_sequences(sequence({100}), sequence({Real(100.05)})).size() == 1);
  BOOST_TEST(match_sequences(sequence({1}), sequence({Real(1.05)})).size() == 2);
  SaddleSequence wide = sequence({1});
  wide.stops[0].outputs = Matrix::Ones(2, 1);
  BOOST_TEST(match_sequences(sequence({1}), wide).size() == 2);
  BOOST_TEST(match_sequences({}, {}).empty());
}

// Several hidden layers: times since the first stop are compared, where that is the same one.
BOOST_AUTO_TEST_CASE(times_since_the_first_stop) {
  SaddleSequence first = sequence({1, 2, 3}), second = sequence({1, 2, 3}), later = sequence({2, 3});
  for (SaddleSequence* s : {&first, &second, &later})
    for (std::size_t k = 1; k < s->stops.size(); ++k) s->stops[k].after = static_cast<Real>(k) / 4;
  second.stops[0].time = 5;
  second.stops[2].after = 1;
  const auto same = match_sequences(first, second);
  BOOST_TEST(same[0].time_difference == 5);
  BOOST_TEST(same[1].time_difference == 0);
  BOOST_TEST(same[2].time_difference == 0.5);
  const auto shifted = match_sequences(first, later);
  BOOST_REQUIRE(shifted.size() == 3);
  BOOST_TEST((shifted[1].is_pair() && std::isnan(shifted[1].time_difference)));
  BOOST_TEST((shifted[2].is_pair() && std::isnan(shifted[2].time_difference)));
}

// Rounds and jumps of one problem: squared ReLU with a teacher of one neuron, one jump, one round, the same
// point.
BOOST_AUTO_TEST_CASE(a_pursuit_and_a_skeleton) {
  const auto family = feed_forward({3, 4, 1}, Activation(0, 2));
  Dataset data;
  data.inputs = Random(4).normal_matrix(3, 30);
  const auto teacher = feed_forward({3, 1, 1}, Activation(0, 2));
  data.targets = Objective(teacher, {data.inputs, Matrix::Zero(1, 30), "zero"}, Loss())
                     .outputs((Vector(4) << 1, Real(-0.5), Real(0.3), Real(0.8)).finished());
  NeuronPursuit pursuit(family, data, Loss(), {});
  std::vector<PursuitRound> rounds;
  while (auto round = pursuit.advance()) rounds.push_back(std::move(*round));
  Objective objective(family, data, Loss());
  const Skeleton skeleton = compute_skeleton(objective, Random(7).unit_vector(objective.size()));
  const SaddleSequence first = sequence_of(skeleton), second = sequence_of(rounds, *family, data, Loss());
  BOOST_REQUIRE(!first.stops.empty());
  BOOST_REQUIRE(!second.stops.empty());
  const auto matches = match_sequences(first, second);
  BOOST_TEST(matches.back().is_pair());
  BOOST_TEST(std::isnan(matches.back().time_difference));
  BOOST_TEST(matches.back().output_distance < Real(1e-6));
}

BOOST_AUTO_TEST_SUITE_END()
