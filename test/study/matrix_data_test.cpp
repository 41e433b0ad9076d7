// Studies of problems whose samples are matrices: their data, what they refuse, and a run past the saddles of
// a factorisation, whose critical points are known (every subset of singular values left out: loss half the
// sum of their squares).
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/correlation/kkt_search.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/problem/in_context_regression.hpp"
#include "saddleflow/problem/matrix_sensing.hpp"
#include "saddleflow/saddle/critical_point.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/initial_weights.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(matrix_data_test)

namespace {

StudyTable matrix_study(const std::string& data,
                        const std::string& network = "layers = [3, 3, 3]\nouter = \"ones\"\n") {
  return StudyTable::parse("[network]\nkind = \"bilinear\"\n" + network + "[data]\n" + data +
                               "[init]\nkind = \"balanced\"\nscale = 1e-6\n",
                           "matrix.toml");
}

const char* const kFactorisation = "inputs = \"completion\"\nsamples = 9\nmatrix.values = [3.0, 2.0, 1.0]\n";

void refuses(const std::string& data, const std::string& key) {
  const StudyTable study = matrix_study(data);
  BOOST_CHECK_EXCEPTION(build_dataset(study, *build_network(study)), InputError, [&](const InputError& e) {
    return std::string(e.what()).find(key) != std::string::npos;
  });
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_data_are_those_of_the_generators) {
  const StudyTable sensing =
      matrix_study("inputs = \"sensing\"\nsamples = 20\nseed = 4\nmatrix.values = [2.0, 1.0]\n");
  const Dataset data = build_dataset(sensing, *build_network(sensing));
  Random random(4, RandomStream::targets);
  SensingOptions options;
  options.samples = 20;
  options.seed = 4;
  const Dataset expected = matrix_sensing(low_rank_matrix(3, 3, {2, 1}, random), options);
  BOOST_TEST((data.inputs.array() == expected.inputs.array()).all());
  BOOST_TEST((data.targets.array() == expected.targets.array()).all());
  const StudyTable attention = matrix_study(
      "inputs = \"in_context_population\"\nin_context.context = 20\nin_context.eigenvalues = [1.5, 1.0, "
      "0.5]\n");
  InContextOptions context;
  context.context = 20;
  context.covariance = Vector{{Real(1.5), Real(1), Real(0.5)}}.asDiagonal();
  const Dataset population = build_dataset(attention, *build_network(attention));
  BOOST_TEST((population.inputs.array() == in_context_population(context).inputs.array()).all());
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused_by_its_key) {
  refuses("inputs = \"sensing\"\n", "data.matrix.values");
  refuses("inputs = \"sensing\"\nmatrix.values = [1.0]\nmatrix.rows = 2\n", "data.matrix.rows");
  refuses("inputs = \"sensing\"\nmatrix.values = [1.0]\ntargets = \"linear\"\n", "data.targets");
  refuses("inputs = \"completion\"\nmatrix.values = [1.0]\nsamples = 9\ntest_samples = 2\n",
          "data.test_samples");
  refuses("inputs = \"in_context\"\nin_context.eigenvalues = [1.0, 2.0]\n", "data.in_context");
  const StudyTable foreign = StudyTable::parse("[network]\nlayers = [3, 1]\nouter = \"ones\"\n", "x.toml");
  BOOST_CHECK_EXCEPTION(build_network(foreign), InputError, [](const InputError& e) {
    return std::string(e.what()).find("network.outer") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(critical_points_of_a_factorisation) {
  const StudyTable study = matrix_study(kFactorisation);
  const auto network = build_network(study);
  Objective objective(network, build_dataset(study, *network), build_loss(study));
  Observer nobody;
  IntegrationOptions until;
  // Modes s leave at ln(1/delta^2) / (2 s): 4.6, 6.9 and 13.8 with delta = 1e-6 / sqrt 6, or so; between them
  // saddles.
  const struct {
    Real time, loss;
    Index negative, active;
  } points[] = {{Real(9.8), Real(0.5), 1, 2}, {60, 0, 0, 3}};
  for (const auto& expected : points) {
    FlowAssembly flow(objective, build_initial_weights(study, *network));
    until.t_end = expected.time;
    const Outcome outcome = flow.run(nobody, until);
    const CriticalPoint point = analyse_critical_point(objective, flow.weights(outcome.state));
    fmt::print("t = {}: loss {:.15g}, {} negative, zero modes: {} explained, {} not\n",
               static_cast<double>(expected.time), static_cast<double>(point.refinement.loss),
               point.spectrum.negative, point.zero_modes.explained(), point.zero_modes.unexplained);
    BOOST_TEST(point.is_critical());
    BOOST_TEST(std::abs(point.refinement.loss - expected.loss) <= Real(1e-12));
    BOOST_TEST(point.spectrum.negative == expected.negative);
    BOOST_TEST(point.active_neurons.at(0) == expected.active);
    BOOST_TEST(point.zero_modes.unexplained == 0);
  }
  // N* = s_1 / 2 at the one maximum, for degree 2.
  Correlation correlation(objective);
  KktSearchOptions search;
  search.starts = 8;
  const KktTable table = find_kkt_points(correlation, search);
  BOOST_REQUIRE(!table.entries.empty());
  BOOST_TEST(std::abs(table.entries.front().point.value - Real(1.5)) <= Real(1e-12));
}

// The first singular pairs of the matrix (3, 2, 1) by neurons |a| = |b| = |v| = s^{1/3}: all zero modes are
// rescalings, mixing of neurons, or zero neurons. (The first k modes learnt: a zero neuron leaves at third
// order, no eigenvalue is negative.)
BOOST_AUTO_TEST_CASE(zero_modes_with_trained_outer_weights) {
  const StudyTable study = matrix_study(kFactorisation, "layers = [3, 3, 4]\n");
  const auto network = build_network(study);
  Objective objective(network, build_dataset(study, *network), build_loss(study));
  const Dataset& data = objective.data();
  const Vector entries = data.inputs * data.targets.row(0).transpose();  // all nine are seen, each once
  const ConstMatrixView c(entries.data(), 3, 3);
  const SymmetricEigen left = symmetric_eigen(c * c.transpose(), "test");  // ascending
  for (const Index learnt : {1, 2, 3}) {
    Vector w = Vector::Zero(objective.size());
    for (Index k = 0; k < learnt; ++k) {
      const Real size = std::cbrt(static_cast<Real>(3 - k));
      const Neuron& neuron = network->neurons()[static_cast<std::size_t>(k)];
      Vector sides(6);
      sides << left.vectors.col(2 - k), c.transpose() * left.vectors.col(2 - k) / static_cast<Real>(3 - k);
      w(neuron.incoming) = size * sides;
      w[neuron.outgoing[0]] = size;
    }
    const CriticalPoint point = analyse_critical_point(objective, w);
    fmt::print(
        "{} of 3 modes: loss {:.15g}, zero modes: {} rescaling, {} mixing, {} zero neurons, {} unexplained\n",
        learnt, static_cast<double>(point.refinement.loss), point.zero_modes.rescaling,
        point.zero_modes.linear_layers, point.zero_modes.zero_neurons, point.zero_modes.unexplained);
    BOOST_TEST(point.is_critical());
    BOOST_TEST((point.kind == (learnt < 3 ? CriticalKind::saddle : CriticalKind::minimum)));
    BOOST_TEST(point.zero_modes.rescaling == 2 * learnt);
    BOOST_TEST(point.zero_modes.unexplained == 0);
    BOOST_TEST(point.active_neurons.at(0) == learnt);
  }
}

// A neuron of degree 3: N* = s_1 / (3 sqrt 3) for |a| = |b| = |v|.
BOOST_AUTO_TEST_CASE(the_correlation_with_trained_outer_weights) {
  const StudyTable study = matrix_study(kFactorisation, "layers = [3, 3, 2]\n");
  const auto network = build_network(study);
  Objective objective(network, build_dataset(study, *network), build_loss(study));
  Correlation correlation(objective);
  KktSearchOptions search;
  search.starts = 16;
  const KktTable table = find_kkt_points(correlation, search);
  BOOST_REQUIRE(!table.entries.empty());
  BOOST_TEST(std::abs(table.entries.front().point.value - 3 / (3 * std::sqrt(Real(3)))) <= Real(1e-10));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
