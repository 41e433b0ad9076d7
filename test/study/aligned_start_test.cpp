// Aligned starts: closed forms of linear networks, KKT points of neurons.
#include "saddleflow/study/aligned_start.hpp"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "reference/deep_scalar.hpp"
#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/problem/correlation.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/flow_setup.hpp"
#include "saddleflow/study/initial_weights.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(aligned_start_test)

namespace {

double plain(Real x) { return static_cast<double>(x); }

struct Silent final : Observer {};

Objective objective_of(const StudyTable& study) {
  const auto network = build_network(study);
  return {network, build_dataset(study, *network), build_loss(study)};
}

/// Whitened inputs, singular values 3 and 1, all layers wider than the modes.
std::vector<std::string> linear_keys(const std::string& layers) {
  return {"network.layers=" + layers,
          "network.slope=1.0",
          "network.power=1",
          "data.inputs=whitened",
          "data.targets=linear",
          "data.samples=9",
          "data.linear.matrix=[[3.0,0.0,0.0],[0.0,1.0,0.0]]",
          "init.kind=aligned",
          "init.scale=0.1",
          "flow.rtol=1e-11"};
}

/// Size of each factor of a mode after the time t, all factors `a` at the start.
Real factor_at(int factors, Real s, Real a, Real t) {
  if (factors > 2) return reference::DeepScalar(factors, s, a).factor(t);
  return std::sqrt(s / (1 + (s / (a * a) - 1) * std::exp(-2 * s * t)));  // V1, balanced
}

void refused(const std::vector<std::string>& keys, const std::string& words) {
  const auto start = [&] {
    const StudyTable study = StudyTable::parse("", "s.toml", keys);
    build_initial_weights(study, *build_network(study));
  };
  BOOST_CHECK_EXCEPTION(start(), InputError, [&](const InputError& error) {
    BOOST_TEST_MESSAGE(error.what());
    return std::string(error.what()).find(words) != std::string::npos;
  });
}

}  // namespace

// V1 and V2 for each mode, to the accuracy of the flow.
BOOST_AUTO_TEST_CASE(modes_of_linear_networks_follow_the_closed_forms) {
  const std::vector<std::string> layers{"[3,4,2]", "[3,4,5,2]", "[3,4,5,3,2]"};
  for (int m = 2; m <= 4; ++m)
    for (const Real t : {Real(0), Real(0.5), m == 2 ? Real(3) : m == 3 ? Real(8) : Real(150)}) {
      std::vector<std::string> keys = linear_keys(layers[static_cast<std::size_t>(m - 2)]);
      keys.push_back(fmt::format("flow.t_end={}", plain(t > 0 ? t : Real(1))));
      FlowSetup setup(StudyTable::parse("", "s.toml", keys));
      const Network& network = setup.network();
      BOOST_TEST(balances(network, setup.w0).cwiseAbs().maxCoeff() < Real(1e-16));
      Vector w = setup.w0;
      if (t > 0) {
        Silent silent;
        w = setup.parts.weights(setup.parts.run(silent, setup.integration_options()).state);
      }
      const Real start = Real(0.1) / std::sqrt(Real(2 * m));
      const Vector found = thin_svd(*network.end_to_end_map(w)).values;
      for (int k = 0; k < 2; ++k) {
        const Real s = k == 0 ? 3 : 1;
        const Real expected = std::pow(t > 0 ? factor_at(m, s, start, t) : start, Real(m));
        BOOST_TEST_MESSAGE(fmt::format("{} factors, t = {:g}, s = {}: {:.12g}, closed form {:.12g}", m,
                                       plain(t), plain(s), plain(found[k]), plain(expected)));
        BOOST_TEST(std::abs(found[k] / expected - 1) < Real(1e-7));
      }
    }
}

BOOST_AUTO_TEST_CASE(a_start_of_one_mode_learns_that_mode) {
  std::vector<std::string> keys = linear_keys("[3,4,2]");
  keys.emplace_back("init.rank=1");
  keys.emplace_back("flow.t_end=20");
  FlowSetup setup(StudyTable::parse("", "s.toml", keys));
  Silent silent;
  const Vector w = setup.parts.weights(setup.parts.run(silent, setup.integration_options()).state);
  BOOST_TEST_MESSAGE(fmt::format("loss {:.12f}, expected 1/2", plain(setup.objective.value(w))));
  BOOST_TEST(std::abs(setup.objective.value(w) - Real(0.5)) < Real(1e-9));
  keys[keys.size() - 2] = "init.rank=3";
  refused(keys, "init.rank: found 3, expected at most 2, the number of modes");
}

// The factors of a bilinear network: A^T B = c U V^T with the singular vectors of sum_i z_i M(x_i).
BOOST_AUTO_TEST_CASE(factors_of_a_matrix_are_aligned_with_it) {
  const StudyTable study = StudyTable::parse(
      "", "s.toml",
      {"network.kind=bilinear", "network.layers=[4,5,6]", "network.outer=ones", "data.inputs=completion",
       "data.matrix.values=[3,2,1]", "data.matrix.rows=4", "data.samples=20", "init.kind=aligned"});
  const Objective objective = objective_of(study);
  const Vector w = build_initial_weights(study, objective.network());
  const Matrix product = *objective.network().end_to_end_map(w);
  Matrix target = Matrix::Zero(4, 5);
  for (Index i = 0; i < 20; ++i)
    target += objective.data().targets(0, i) *
              Eigen::Map<const Matrix>(Vector(objective.data().inputs.col(i)).data(), 4, 5);
  const Vector values = thin_svd(product).values;
  const Real trace = (product.array() * target.array()).sum();
  BOOST_TEST_MESSAGE(fmt::format("overlap with the target {:.15f} of the largest possible one",
                                 plain(trace / (values[0] * 6))));
  BOOST_TEST(std::abs(values[0] / values[2] - 1) < Real(1e-12));
  BOOST_TEST(values[3] < Real(1e-12) * values[0]);
  BOOST_TEST(std::abs(trace / (values[0] * 6) - 1) < Real(1e-12));
}

// grad N_k = D N_k u_k of every neuron, in every family that is a sum over neurons.
BOOST_AUTO_TEST_CASE(neurons_are_at_kkt_points) {
  const std::vector<std::vector<std::string>> networks{
      {"network.layers=[3,5,1]"},
      {"network.layers=[3,5,2]", "network.slope=-1"},
      {"network.layers=[3,5,1]", "network.power=1"},
      {"network.kind=power_sum", "network.layers=[3,4]", "network.slope=-1", "data.teacher.outer=[1,1,1]"},
      {"network.kind=diagonal_linear", "network.layers=[3]"},
      {"network.kind=convolution", "network.layers=[6,4,1]", "network.kernel=3"}};
  for (std::vector<std::string> keys : networks) {
    keys.emplace_back("init.kind=aligned");
    keys.emplace_back("data.samples=12");
    const StudyTable study = StudyTable::parse("", "s.toml", keys);
    const Objective objective = objective_of(study);
    const Network& network = objective.network();
    const Vector w = build_initial_weights(study, network).normalized();
    Correlation correlation(objective);
    Real worst = 0;
    for (Index k = 0; k < static_cast<Index>(network.neurons().size()); ++k) {
      const std::vector<Index> own = neuron_parameters(network, k);
      Vector alone = Vector::Zero(w.size());
      alone(own) = w(own);
      if (alone.norm() == 0) continue;
      alone.normalize();
      Vector gradient(w.size());
      correlation.gradient(alone, gradient);
      const Real value = correlation.value(alone);
      BOOST_TEST(value > 0);
      const Vector mine = gradient(own);
      worst = std::max(worst, (mine - network.degree() * value * Vector(alone(own))).norm() / mine.norm());
    }
    BOOST_TEST_MESSAGE(
        fmt::format("{}: largest KKT residual of a neuron {:.1e}", network.description(), plain(worst)));
    BOOST_TEST(worst < Real(1e-10));
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_aligned_is_refused) {
  refused({"network.layers=[3,4,4,1]", "init.kind=aligned"},
          "expected linear layers or a network that is a sum");
  refused({"network.layers=[3,4,1]", "init.kind=aligned", "init.rank=50"}, "init.rank: found 50");
  refused({"network.kind=diagonal_linear", "network.layers=[3]", "init.kind=aligned", "init.rank=2"},
          "every neuron of which has its own input");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
