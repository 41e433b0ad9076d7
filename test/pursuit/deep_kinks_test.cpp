// Neuron Pursuit in networks with kinks and two hidden layers: it begins with one neuron a layer, where the
// kinks of both lie on one another.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "pursuit/round_checks.hpp"
#include "saddleflow/problem/data_generators.hpp"

BOOST_AUTO_TEST_SUITE(deep_kinks_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace bdata = boost::unit_test::data;

BOOST_DATA_TEST_CASE(teachers_of_three_layers, bdata::make({0.2, 0.0, -0.5}) * bdata::xrange(1, 7), slope,
                     seed) {
  const Activation activation(static_cast<Real>(slope), 1);
  GeneratorOptions g;
  g.inputs = InputKind::gaussian;
  g.targets = TargetKind::teacher;
  g.samples = 60;
  g.dimension = 6;
  g.seed = static_cast<std::uint64_t>(seed);
  g.teacher.layers = {6, 2, 2, 1};
  g.teacher.activation = activation;
  PursuitOptions options;
  options.loss = Real(1e-12);
  NeuronPursuit pursuit(feed_forward({6, 3, 2, 1}, activation), generate_dataset(g), Loss(), options);
  const std::vector<PursuitRound> rounds = all_rounds(pursuit);
  BOOST_TEST_MESSAGE(fmt::format("slope {}, seed {}: {} rounds, end {}", slope, seed, rounds.size(),
                                 name_of(pursuit.end())));
  check_rounds(rounds);
  for (const PursuitRound& round : rounds) BOOST_TEST(round.descent.stop_reason != "sliding_unresolved");
  BOOST_TEST((pursuit.end() == PursuitEnd::loss || pursuit.end() == PursuitEnd::budget),
             name_of(pursuit.end()));
}

BOOST_AUTO_TEST_SUITE_END()
