// Why the Hessian has zero eigenvalues, on points made by hand where each cause and its count are known.
#include "saddleflow/saddle/zero_modes.hpp"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <string>

#include "saddleflow/base/random.hpp"
#include "saddleflow/saddle/critical_point.hpp"

BOOST_AUTO_TEST_SUITE(zero_modes_test)

using namespace saddleflow;

namespace {

/// A network on data that it fits exactly with `w`: a minimum.
Objective fitted(const std::shared_ptr<const Network>& network, const Matrix& inputs, const Vector& w) {
  Dataset data{inputs, Matrix::Zero(network->output_count(), inputs.cols()), "teacher"};
  Objective teacher(network, data, Loss());
  data.targets = teacher.outputs(w);
  return Objective(network, data, Loss());
}

ZeroModes modes_at(Objective& objective, const Vector& w, const std::string& what) {
  SpectrumOptions options;
  options.vectors = true;
  const Spectrum s = hessian_spectrum(objective, w, options);
  const ZeroModes m = explain_zero_modes(objective, w, s.vectors.middleCols(s.negative, s.zero));
  fmt::print(
      "{:45}: {} weights, -{} 0 {} +{}: rescaling {}, linear {}, zero neurons {}, dead neurons {}, "
      "unexplained {}\n",
      what, objective.size(), s.negative, s.zero, s.positive, m.rescaling, m.linear_layers, m.zero_neurons,
      m.dead_neurons, m.unexplained);
  BOOST_TEST(m.total() == s.zero);
  return m;
}

/// Row k of W_1 and column k of W_2.
void set_neuron(const Layout& layout, Vector& w, int l, Index k, const Vector& in, const Vector& out) {
  layout.matrix(w, l).row(k) = in.transpose();
  layout.matrix(w, l + 1).col(k) = out;
}

}  // namespace

BOOST_DATA_TEST_CASE(generic_minima_have_rescalings_only,
                     boost::unit_test::data::make({1, 2, 3, 4, 5}) * boost::unit_test::data::make({1, 2, 3}),
                     seed, power) {
  Random random(static_cast<std::uint64_t>(seed));
  // With a slope, so that no neuron is zero. (Deeper, neurons whose inputs keep them on one side of the
  // kink on all samples are polynomials there, and these have relations of their own.)
  const auto network = feed_forward({4, 3, 2}, Activation(Real(0.3), power));
  const Vector w = random.normal_matrix(network->parameter_count(), 1);
  Objective objective = fitted(network, random.normal_matrix(4, 60), w);
  const ZeroModes m = modes_at(objective, w, fmt::format("generic, p = {}, seed {}", power, seed));
  BOOST_TEST(m.rescaling == 3);
  BOOST_TEST(m.total() == 3);
}

// Squared ReLU, 3 inputs, 2 outputs: an ordinary neuron (1 rescaling), a zero neuron (5), one without
// outgoing weights (3 + 0: the outgoing ones matter), one that no sample activates (its 5 weights).
BOOST_AUTO_TEST_CASE(each_cause_in_a_squared_relu_network) {
  Random random(7);
  const auto network = feed_forward({3, 5, 2}, Activation(0, 2));
  const Layout& layout = network->layout();
  const Matrix inputs = random.normal_matrix(3, 60).cwiseAbs();
  Vector w = Vector::Zero(layout.size());
  set_neuron(layout, w, 0, 0, Vector{{1, Real(0.5), Real(-0.3)}}, Vector{{1, Real(0.4)}});
  set_neuron(layout, w, 0, 1, Vector{{Real(0.2), Real(-0.5), 1}}, Vector{{-1, Real(0.4)}});
  set_neuron(layout, w, 0, 2, Vector{{Real(0.3), Real(0.9), Real(-0.1)}}, Vector{{0, 0}});
  set_neuron(layout, w, 0, 3, Vector{{-1, Real(-0.5), Real(-0.3)}}, Vector{{1, Real(0.4)}});
  Objective objective = fitted(network, inputs, w);
  const ZeroModes m = modes_at(objective, w, "squared ReLU");
  // The rescaling tangent of neuron 2 is its own incoming vector, that of neuron 3 lies in its weights.
  BOOST_TEST(m.rescaling == 4);
  BOOST_TEST(m.zero_neurons == 2 + 5);
  BOOST_TEST(m.dead_neurons == 4);
  BOOST_TEST(m.linear_layers == 0);
  BOOST_TEST(m.unexplained == 0);
}

// p = 3, incoming weights zero, outgoing not: sigma'' (0) = 0, so that both are of no consequence to second
// order.
BOOST_AUTO_TEST_CASE(neurons_without_incoming_weights) {
  Random random(8);
  const auto network = feed_forward({3, 2, 1}, Activation(-1, 3));
  Vector w = Vector::Zero(network->parameter_count());
  set_neuron(network->layout(), w, 0, 0, Vector{{1, Real(0.5), Real(-0.3)}}, Vector{{1}});
  set_neuron(network->layout(), w, 0, 1, Vector{{0, 0, 0}}, Vector{{Real(0.7)}});
  Objective objective = fitted(network, random.normal_matrix(3, 40), w);
  const ZeroModes m = modes_at(objective, w, "cubic, a = 0, b != 0");
  BOOST_TEST(m.rescaling == 2);
  BOOST_TEST(m.explained() == 1 + 4);
  BOOST_TEST(m.unexplained == 0);
}

// Three layers: what feeds neurons that are dead, and nobody else, does not matter.
BOOST_AUTO_TEST_CASE(neurons_that_feed_dead_ones_only) {
  Random random(9);
  const auto network = feed_forward({3, 2, 2, 1}, Activation(0, 2));
  const Layout& layout = network->layout();
  Vector w = Vector::Zero(layout.size());
  layout.matrix(w, 0) << 1, Real(0.5), Real(-0.3), Real(0.2), Real(0.8), Real(0.1);
  layout.matrix(w, 1) << 1, 0, Real(-0.3), Real(-0.6);
  layout.matrix(w, 2) << 1, Real(0.5);
  Objective objective = fitted(network, random.normal_matrix(3, 60).cwiseAbs(), w);
  const ZeroModes m = modes_at(objective, w, "feeds dead neurons only");
  BOOST_TEST(m.unexplained == 0);
}

// GL(h) acts freely at a minimum of full rank: h^2 modes; the network with r < h of rank r has h^2 - (h -
// r)^2 of them and (h - r)(inputs - r + outputs - r) from combinations that are not fed or not heard ...
// where the residual is zero, and the Hessian with it.
BOOST_DATA_TEST_CASE(linear_layers_at_a_minimum, boost::unit_test::data::make({1, 2, 3, 4}), rank) {
  const Index h = 4, inputs = 5, outputs = 4;
  Random random(static_cast<std::uint64_t>(rank));
  const auto network = feed_forward({inputs, h, outputs}, Activation(1, 1));
  Vector w(network->parameter_count());
  const Matrix hidden = random.orthonormal_columns(h, rank);
  network->layout().matrix(w, 0) = hidden * random.normal_matrix(rank, inputs);
  network->layout().matrix(w, 1) = random.normal_matrix(outputs, rank) * hidden.transpose();
  Objective objective = fitted(network, random.normal_matrix(inputs, 30), w);
  const ZeroModes m = modes_at(objective, w, fmt::format("linear, rank {} of {}", rank, h));
  const Index r = rank;
  BOOST_TEST(m.rescaling + m.linear_layers == h * h - (h - r) * (h - r));
  // Positive: the rank of (dW_2, dW_1) -> dW_2 W_1 + W_2 dW_1.
  BOOST_TEST(m.total() == objective.size() - (r * inputs + r * outputs - r * r));
  BOOST_TEST(m.unexplained == 0);
}

BOOST_AUTO_TEST_CASE(rotations_of_squares_and_rescalings_of_diagonal_networks) {
  Random random(3);
  const Index d = 4, width = 3;
  const auto squares = power_sum(d, width, Activation(-1, 2));
  const Vector w = random.normal_matrix(squares->parameter_count(), 1);
  Objective rotating = fitted(squares, random.normal_matrix(d, 40), w);
  const ZeroModes turned = modes_at(rotating, w, "squares");
  BOOST_TEST(turned.linear_layers == width * (width - 1) / 2);
  BOOST_TEST(turned.total() == turned.linear_layers);
  const auto cubes = power_sum(d, width, Activation(1, 3));
  Vector v = random.normal_matrix(cubes->parameter_count(), 1);
  cubes->layout().matrix(v, 0).row(2).setZero();
  Objective cubic = fitted(cubes, random.normal_matrix(d, 60), v);
  const ZeroModes zero = modes_at(cubic, v, "cubes, one neuron zero");
  BOOST_TEST(zero.zero_neurons == d);
  BOOST_TEST(zero.total() == d);
  const auto diagonal = diagonal_linear(d);
  Vector u = random.normal_matrix(diagonal->parameter_count(), 1);
  u[1] = 0;  // u_1 v_1 = 0 with v_1 != 0: the rescaling tangent lies along v_1
  Objective products = fitted(diagonal, random.normal_matrix(d, 40), u);
  const ZeroModes rescaled = modes_at(products, u, "diagonal");
  BOOST_TEST(rescaled.rescaling == d);
  BOOST_TEST(rescaled.total() == d);
}

BOOST_AUTO_TEST_SUITE_END()
