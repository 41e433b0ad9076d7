// Growing a network leaves its function as it is, but for what the new neurons add.
#include "saddleflow/pursuit/growth.hpp"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/problem/objective.hpp"

BOOST_AUTO_TEST_SUITE(growth_test)

using namespace saddleflow;
namespace bdata = boost::unit_test::data;

namespace {

Matrix outputs_of(std::shared_ptr<const Network> network, const Vector& w, const Matrix& inputs) {
  Dataset data{inputs, Matrix::Zero(network->output_count(), inputs.cols()), "none"};
  Objective objective(std::move(network), std::move(data), Loss());
  return objective.outputs(w);
}

}  // namespace

/// H(w, delta (a, b)) = H(w) + (b's column of what is above) sigma(a . phi): for one hidden layer exactly
/// delta^{p+1} b sigma(a . x).
BOOST_DATA_TEST_CASE(appended_neuron_adds_its_own_output,
                     bdata::make({1, 2, 3}) * bdata::make({0.0, 0.3, -1.0}), power, slope) {
  constexpr std::uint64_t seed = 4;
  const Activation activation(static_cast<Real>(slope), power);
  const auto network = feed_forward({4, 3, 2}, activation);
  Random random(seed);
  const Vector w = random.normal_matrix(network->parameter_count(), 1);
  const Matrix inputs = random.normal_matrix(4, 7);
  const NewNeuron neuron{0, random.normal_matrix(4, 1), random.normal_matrix(2, 1)};
  const Real delta = Real(0.3);
  const Grown grown = append_neurons(*network, w, {neuron}, delta);
  Matrix response;
  activation.value(Matrix(delta * neuron.incoming.transpose() * inputs), response);
  const Matrix expected = outputs_of(network, w, inputs) + delta * neuron.outgoing * response;
  const Real error = (outputs_of(grown.network, grown.weights, inputs) - expected).norm() / expected.norm();
  BOOST_TEST_MESSAGE(
      fmt::format("seed {}, p {}, slope {}: {:.1e}", seed, power, slope, static_cast<double>(error)));
  BOOST_TEST(error < 1e-14);
  BOOST_TEST(hidden_widths(*grown.network)[0] == 4);
}

BOOST_AUTO_TEST_CASE(new_neurons_of_several_layers_see_the_old_ones_only) {
  const auto network = feed_forward({3, 2, 2, 1}, Activation(0, 2));
  Random random(7);
  const Vector w = random.normal_matrix(network->parameter_count(), 1);
  const std::vector<NewNeuron> neurons{{0, random.normal_matrix(3, 1), random.normal_matrix(2, 1)},
                                       {1, random.normal_matrix(2, 1), random.normal_matrix(1, 1)},
                                       {0, random.normal_matrix(3, 1), random.normal_matrix(2, 1)}};
  const Grown grown = append_neurons(*network, w, neurons, Real(1));
  BOOST_TEST(hidden_widths(*grown.network)[0] == 4);
  BOOST_TEST(hidden_widths(*grown.network)[1] == 3);
  const auto between = grown.network->layout().matrix(grown.weights, 1);
  BOOST_TEST((between.topLeftCorner(2, 2) - network->layout().matrix(w, 1)).norm() == 0);
  BOOST_TEST((between.col(2).head(2) - neurons[0].outgoing).norm() == 0);
  BOOST_TEST((between.row(2).head(2).transpose() - neurons[1].incoming).norm() == 0);
  BOOST_TEST(between(2, 2) == 0);
  BOOST_TEST(between(2, 3) == 0);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const auto network = feed_forward({3, 2, 1}, Activation(0, 2));
  const Vector w = Vector::Ones(network->parameter_count());
  const auto says = [](const char* part) {
    return [part](const InputError& e) { return std::string(e.what()).find(part) != std::string::npos; };
  };
  const NewNeuron elsewhere{1, Vector::Ones(3), Vector::Ones(1)},
      long_one{0, Vector::Ones(4), Vector::Ones(1)};
  BOOST_CHECK_EXCEPTION(append_neurons(*network, w, {elsewhere}, 1), InputError, says("hidden layer 2"));
  BOOST_CHECK_EXCEPTION(append_neurons(*network, w, {long_one}, 1), InputError, says("found 4 incoming"));
  BOOST_CHECK_EXCEPTION(with_widths(*diagonal_linear(3), {4}), InputError, says("diagonal_linear"));
  BOOST_CHECK_EXCEPTION(with_widths(*network, {2, 2}), InputError, says("found 2 layers, expected 1"));
  BOOST_CHECK_EXCEPTION(carried_over(*network, w, *feed_forward({3, 1, 1}, Activation(0, 2))), InputError,
                        says("more than"));
}

BOOST_AUTO_TEST_SUITE_END()
