// Neuron Pursuit: what every round must show, its options, and going on from any round.
#include "saddleflow/pursuit/neuron_pursuit.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "pursuit/pursuit_problem.hpp"
#include "pursuit/round_checks.hpp"
#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"

BOOST_AUTO_TEST_SUITE(neuron_pursuit_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace bdata = boost::unit_test::data;

BOOST_DATA_TEST_CASE(teachers_of_every_activation_are_learnt,
                     bdata::make({1, 2, 2, 3}) ^ bdata::make({0.2, 0.0, -1.0, 0.0}), power, slope) {
  const Activation activation(static_cast<Real>(slope), power);
  PursuitOptions options;
  if (power == 3) options.scale = Real(1e-2);
  NeuronPursuit pursuit = teacher_pursuit(6, 200, 2, activation, 1, options);
  const std::vector<PursuitRound> rounds = all_rounds(pursuit);
  check_rounds(rounds);
  BOOST_TEST_MESSAGE(fmt::format("seed 1, {}: {} neurons, end {}", activation.description(),
                                 pursuit.state().widths[0], name_of(pursuit.end())));
  BOOST_TEST(name_of(pursuit.end()) == std::string("loss"));
  BOOST_TEST(pursuit.state().widths[0] == 2);
}

BOOST_AUTO_TEST_CASE(several_outputs_logistic_loss_and_three_layers) {
  Random random(3);
  Dataset data{random.normal_matrix(4, 40), random.normal_matrix(3, 40), "random"};
  PursuitOptions options;
  NeuronPursuit outputs(feed_forward({4, 3, 3}, Activation(0, 2)), data, Loss(), options);
  check_rounds(all_rounds(outputs));
  BOOST_TEST(name_of(outputs.end()) == std::string("budget"));
  BOOST_TEST(outputs.best_relative_value() > options.least_value);

  // Random signs at few inputs of low dimension: not separable by so few neurons.
  Dataset signs{random.normal_matrix(2, 30), random.normal_matrix(1, 30), "signs"};
  signs.targets = signs.targets.unaryExpr([](Real y) { return y > 0 ? Real(1) : Real(-1); });
  NeuronPursuit logistic(feed_forward({2, 3, 1}, Activation(0, 2)), signs, Loss(logistic_loss()), options);
  const std::vector<PursuitRound> rounds = all_rounds(logistic);
  BOOST_TEST(!rounds.empty());
  check_rounds(rounds);

  NeuronPursuit deep(feed_forward({4, 2, 2, 1}, Activation(0, 2)),
                     {data.inputs, data.targets.topRows(1), "random"}, Loss(), options);
  const std::vector<PursuitRound> deep_rounds = all_rounds(deep);
  BOOST_TEST(deep_rounds.size() >= 2);
  check_rounds(deep_rounds);
}

BOOST_AUTO_TEST_CASE(goes_on_from_any_round_to_the_same_end) {
  const Activation activation(0, 2);
  NeuronPursuit whole = teacher_pursuit(8, 300, 3, activation, 2);
  std::vector<PursuitState> states;
  std::vector<PursuitRound> rounds;
  while (auto round = whole.advance()) {
    rounds.push_back(std::move(*round));
    states.push_back(whole.state());
  }
  BOOST_REQUIRE(states.size() == 3);
  for (std::size_t k = 0; k + 1 < states.size(); ++k) {
    NeuronPursuit later(feed_forward({8, 5, 1}, activation),
                        generate_dataset(teacher_data(8, 300, 3, activation, 2)), Loss(), {}, states[k]);
    const std::vector<PursuitRound> rest = all_rounds(later);
    BOOST_TEST(rest.size() == states.size() - k - 1);
    BOOST_TEST((later.state().weights - whole.state().weights).norm() == 0);
    BOOST_TEST(rest.front().number == static_cast<int>(k) + 1);
  }
}

BOOST_AUTO_TEST_CASE(layer_rules_and_neuron_rules) {
  Random random(5);
  const Dataset data{random.normal_matrix(4, 40), random.normal_matrix(1, 40), "random"};
  const auto family = feed_forward({4, 3, 3, 1}, Activation(0, 2));
  const auto layers = [&](PursuitOptions::LayerRule rule, int fixed) {
    PursuitOptions options;
    options.layer_rule = rule;
    options.fixed_layer = fixed;
    NeuronPursuit pursuit(family, data, Loss(), options);
    std::vector<int> grown;
    while (grown.size() < 3) {
      const auto round = pursuit.advance();
      if (!round) break;
      if (round->number > 0) grown.push_back(round->layer());
    }
    return grown;
  };
  const std::vector<int> in_turn = layers(PursuitOptions::LayerRule::round_robin, 0);
  for (std::size_t k = 0; k < in_turn.size(); ++k) BOOST_TEST(in_turn[k] == static_cast<int>(k % 2));
  BOOST_TEST(in_turn.size() >= 2u);
  for (const int layer : layers(PursuitOptions::LayerRule::fixed, 1)) BOOST_TEST(layer == 1);

  PursuitOptions several;
  several.neuron_rule = PursuitOptions::NeuronRule::maximisers;
  several.fraction = Real(0.3);
  NeuronPursuit pursuit = teacher_pursuit(6, 200, 4, Activation(0, 2), 3, several);
  std::size_t most = 0;
  while (const auto round = pursuit.advance()) {
    most = std::max(most, round->added.size());
    for (const NeuronCandidate& added : round->added)
      BOOST_TEST(added.value >= several.fraction * round->value);
  }
  BOOST_TEST_MESSAGE(fmt::format("at most {} neurons in one round, {} in all, end {}", most,
                                 pursuit.state().widths[0], name_of(pursuit.end())));
  BOOST_TEST(most >= 2u);
}

/// All targets zero: nothing to learn, no positive KKT point.
BOOST_AUTO_TEST_CASE(ends_that_are_not_a_fit) {
  Random random(5);
  Dataset nothing{random.normal_matrix(3, 10), Matrix::Zero(1, 10), "zero"};
  NeuronPursuit none(feed_forward({3, 2, 1}, Activation(0, 2)), nothing, Loss(), {});
  BOOST_CHECK_THROW(none.advance(), NumericalError);

  // A linear network with one output has learnt all it can with one neuron: no further one has N > 0.
  Dataset noisy{random.normal_matrix(3, 20), random.normal_matrix(1, 20), "noise"};
  NeuronPursuit linear(feed_forward({3, 4, 1}, Activation()), noisy, Loss(), {});
  const std::vector<PursuitRound> rounds = all_rounds(linear);
  BOOST_TEST(rounds.size() == 1u);
  BOOST_TEST(name_of(linear.end()) == std::string("stationary"));
  const Matrix& x = noisy.inputs;
  const Vector beta = minimum_norm_least_squares(x.transpose(), noisy.targets.transpose());
  const Real least = (noisy.targets - beta.transpose() * x).squaredNorm() / 2;
  BOOST_TEST_MESSAGE(fmt::format("stationary at {:.12g}, least squares {:.12g}, best N over its bound {:.1e}",
                                 static_cast<double>(rounds[0].loss_after), static_cast<double>(least),
                                 static_cast<double>(linear.best_relative_value())));
  BOOST_TEST(std::abs(rounds[0].loss_after - least) < 1e-12 * least);

  std::atomic<bool> stop = true;
  PursuitOptions options;
  options.minimise.interrupt = &stop;
  NeuronPursuit interrupted = teacher_pursuit(4, 30, 1, Activation(0, 2), 1, options);
  BOOST_TEST(!interrupted.advance().has_value());
  BOOST_TEST(name_of(interrupted.end()) == std::string("interrupted"));
  stop = false;
  BOOST_TEST(interrupted.advance().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
