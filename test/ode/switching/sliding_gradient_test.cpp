// Gradients, slopes and Hessians on kinks against loops that know nothing of projections.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>

#include "ode/switching/kinked_network.hpp"

using namespace saddleflow;
using test::KinkedNetwork;
using test::KinkedSetting;
namespace bdata = boost::unit_test::data;

namespace {

struct Named {
  std::string name;
  KinkedSetting setting;
};
std::ostream& operator<<(std::ostream& out, const Named& named) { return out << named.name; }

std::vector<Named> settings(Real slope) {
  std::vector<Named> all{
      {"two layers, one kink", {{3, 4, 1}, 6, slope, {{0, 1, 2}}}},
      {"two layers, several samples a neuron",
       {{5, 4, 1}, 12, slope, {{0, 0, 1}, {0, 0, 4}, {0, 0, 7}, {0, 2, 4}, {0, 3, 0}}}},
      {"two layers, two outputs", {{4, 3, 2}, 8, slope, {{0, 0, 1}, {0, 0, 2}, {0, 1, 2}}}},
      {"two layers, x and -x",
       {.sizes = {4, 3, 1},
        .samples = 10,
        .slope = slope,
        .kinks = {{0, 0, 0}, {0, 0, 1}, {0, 0, 4}, {0, 1, 2}, {0, 1, 3}},
        .opposite = true}},
      {"two layers, a zero neuron",
       {{2, 3, 1},
        9,
        slope,
        {{0, 1, 0}, {0, 1, 1}, {0, 1, 2}, {0, 1, 3}, {0, 1, 4}, {0, 1, 5}, {0, 1, 6}, {0, 1, 7}, {0, 1, 8}}}},
      {"three layers, first", {{4, 5, 3, 1}, 9, slope, {{0, 0, 1}, {0, 0, 2}, {0, 3, 5}}}},
      {"three layers, second", {{4, 5, 3, 1}, 9, slope, {{1, 0, 1}, {1, 0, 2}, {1, 2, 2}}}},
      {"three layers, both, other samples",
       {{4, 5, 3, 1}, 12, slope, {{0, 1, 3}, {0, 4, 6}, {1, 0, 1}, {1, 2, 8}}}},
      {"three layers, both, same samples",
       {{4, 5, 3, 1}, 14, slope, {{0, 1, 3}, {0, 1, 6}, {0, 4, 3}, {1, 0, 3}, {1, 2, 3}, {1, 2, 6}}}},
      {"three layers, x and -x",
       {.sizes = {4, 5, 3, 1},
        .samples = 14,
        .slope = slope,
        .kinks = {{0, 0, 0}, {0, 0, 1}, {0, 2, 4}, {1, 1, 0}, {1, 1, 1}},
        .opposite = true}},
      {"four layers, all",
       {{3, 5, 4, 4, 1}, 16, slope, {{0, 1, 3}, {0, 2, 3}, {1, 1, 3}, {1, 2, 5}, {2, 0, 3}, {2, 3, 5}}}}};
  for (Named& named : all) named.name += fmt::format(", slope {}", static_cast<double>(slope));
  return all;
}

std::vector<Named> all_settings() {
  std::vector<Named> all;
  for (const Real slope : {Real(0.1), Real(-1), Real(0)})
    for (Named& named : settings(slope)) all.push_back(std::move(named));
  return all;
}

bool dependent(const KinkedSetting& setting) { return setting.opposite || setting.kinks.size() > 8; }

Vector tangent_gradient(KinkedNetwork& network, const Vector& w) {
  Vector g;
  network.objective().gradient(w, g);
  return g;
}

/// How much the gradient depends on one slope.
Real influence(const KinkedNetwork& network, Index k) {
  Vector slopes = network.inside();
  slopes[k] += 1;
  return (network.gradient(network.weights(), slopes) - network.gradient(network.weights(), network.inside()))
      .norm();
}

/// A kink of a neuron all of whose inputs are zero: z = 0 however the weights move, and its slope is not that
/// of a slide (SwitchedSystem::settle_dependents).
bool has_dead_inputs(const KinkedNetwork& network) {
  return network.normals(network.weights()).colwise().norm().minCoeff() < Real(1e-12);
}

constexpr int kSeeds = 8;

}  // namespace

BOOST_AUTO_TEST_SUITE(sliding_gradient_test)

BOOST_AUTO_TEST_SUITE(sliding_gradient)

// Tangent; every gradient with any slopes differs from it across the manifold only; the slopes that the
// targets were made for give it, as do those that are computed.
BOOST_DATA_TEST_CASE(tangent, bdata::make(all_settings()) * bdata::xrange(1, kSeeds + 1), named, seed) {
  KinkedNetwork network(static_cast<std::uint64_t>(seed), named.setting);
  const Vector& w = network.weights();
  const Vector tangent = tangent_gradient(network, w);
  const Matrix normals = network.normals(w);
  const Real unit = network.gradient(w, Vector::Ones(network.inside().size())).norm();
  BOOST_TEST((normals.transpose() * tangent).norm() <= Real(1e-11) * normals.norm() * unit);
  BOOST_TEST((network.gradient(w, network.inside()) - tangent).norm() <= Real(1e-11) * unit);
  Random random(static_cast<std::uint64_t>(seed));
  const Vector other = 2 * random.normal_matrix(network.inside().size(), 1);
  BOOST_TEST(network.gradient(w, other).norm() >= tangent.norm() * (1 - Real(1e-12)));
  if (has_dead_inputs(network)) return;
  Vector slopes;
  network.objective().sliding_slopes(w, slopes);
  BOOST_TEST((network.gradient(w, slopes) - tangent).norm() <= Real(1e-10) * unit);
  if (dependent(named.setting)) return;
  for (Index k = 0; k < slopes.size(); ++k)
    if (influence(network, k) > Real(1e-9) * unit)
      BOOST_TEST(std::abs(slopes[k] - network.inside()[k]) <= Real(1e-8));
}

// There are slopes inside: so are those that are chosen where several would do.
BOOST_DATA_TEST_CASE(slopes_inside, bdata::make(all_settings()) * bdata::xrange(1, kSeeds + 1), named, seed) {
  KinkedNetwork network(static_cast<std::uint64_t>(seed), named.setting);
  if (has_dead_inputs(network)) return;
  Vector slopes;
  network.objective().sliding_slopes(network.weights(), slopes);
  BOOST_TEST(slopes.minCoeff() >= named.setting.slope - Real(1e-9));
  BOOST_TEST(slopes.maxCoeff() <= 1 + Real(1e-9));
}

BOOST_DATA_TEST_CASE(least_norm, bdata::make(all_settings()) * bdata::xrange(1, kSeeds + 1), named, seed) {
  KinkedNetwork network(static_cast<std::uint64_t>(seed), named.setting);
  Random random(static_cast<std::uint64_t>(seed));
  const Real tangent = tangent_gradient(network, network.weights()).norm();
  const Real least = network.least_norm(random, 10);
  BOOST_TEST(least >= tangent * (1 - Real(1e-12)));
  // Of several layers the search goes down a valley.
  const bool one_layer = network.kinks().front().layer == network.kinks().back().layer;
  BOOST_TEST(least <= tangent * (1 + (one_layer ? Real(1e-10) : Real(1e-6))));
}

// The covariant derivative of the tangent gradient, by central differences between points of the manifold.
BOOST_DATA_TEST_CASE(hessian, bdata::make(all_settings()) * bdata::xrange(1, kSeeds + 1), named, seed) {
  KinkedNetwork network(static_cast<std::uint64_t>(seed), named.setting);
  Objective& objective = network.objective();
  const Vector& w = network.weights();
  Random random(static_cast<std::uint64_t>(seed));
  Vector v = random.unit_vector(w.size()), product;
  objective.project_to_mode(w, v);
  const Real h = Real(1e-5);
  const Vector ahead = network.on_manifold(w + h * v), behind = network.on_manifold(w - h * v);
  Vector difference = (tangent_gradient(network, ahead) - tangent_gradient(network, behind)) / (2 * h);
  objective.project_to_mode(w, difference);
  objective.hessian_vector(w, v, product);
  const Real error = (product - difference).norm() / product.norm();
  BOOST_TEST_MESSAGE(
      fmt::format("{}, seed {}: Hessian to {:.2g}", named.name, seed, static_cast<double>(error)));
  BOOST_TEST(error <= Real(1e-7));
  Matrix hessian;
  objective.hessian(w, hessian);
  BOOST_TEST((hessian * v - product).norm() <= Real(1e-11) * hessian.norm());
  BOOST_TEST((hessian - hessian.transpose()).norm() == 0);
  BOOST_TEST((hessian * network.normals(w)).norm() <=
             Real(1e-10) * hessian.norm() * network.normals(w).norm());
}

// Not only for tangent vectors: what is across is projected away.
BOOST_DATA_TEST_CASE(products_across, bdata::make(all_settings()), named) {
  KinkedNetwork network(1, named.setting);
  Random random(1);
  const Vector any = random.unit_vector(network.weights().size());
  Vector along = any, product, same;
  network.objective().project_to_mode(network.weights(), along);
  network.objective().hessian_vector(network.weights(), any, product);
  network.objective().hessian_vector(network.weights(), along, same);
  BOOST_TEST((product - same).norm() <= Real(1e-12) * product.norm());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
