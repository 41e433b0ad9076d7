// Deep linear networks at their critical points: the basis in which what is inactive is neurons, and the
// function of the zero neurons that must grow together, against their closed forms.
#include "saddleflow/saddle/linear_basis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "saddle/linear_points.hpp"
#include "saddleflow/saddle/inactive_neurons.hpp"
#include "saddleflow/saddle/neuron_ncf.hpp"

BOOST_AUTO_TEST_SUITE(linear_basis_test)

using namespace saddleflow;
using test::LinearProblem;
namespace bdata = boost::unit_test::data;

namespace {

constexpr Index kSingularValues = 4, kWidth = 5;

LinearProblem linear_problem(int layers) {
  return {static_cast<std::uint64_t>(layers), Vector::LinSpaced(kSingularValues, 2, Real(0.5)), kWidth,
          layers};
}

std::vector<Index> exact_zeros(const Network& network, const Vector& w) {
  const Vector norms = neuron_norms(network, w);
  std::vector<Index> zeros;
  for (Index k = 0; k < norms.size(); ++k)
    if (norms[k] == 0) zeros.push_back(k);
  return zeros;
}

}  // namespace

// Balanced points: (incoming, outgoing) weights of the k-th mode learnt have the norm sqrt(2) s_k^{1/m}.
BOOST_DATA_TEST_CASE(learnt_modes_are_neurons_in_the_principal_basis, bdata::make({2, 3, 4}), layers) {
  const LinearProblem problem = linear_problem(layers);
  Objective objective = problem.objective();
  const Network& network = objective.network();
  Real worst_norm = 0, worst_weight = 0, worst_back = 0, worst_loss = 0;
  for (unsigned mask = 1; mask < 1U << kSingularValues; ++mask) {
    const Vector w = problem.point(network.layout(), mask);
    const HiddenBasis basis = principal_basis(network, w);
    BOOST_TEST_REQUIRE(basis.rotations.size() == static_cast<std::size_t>(layers - 1));
    const Vector entered = basis.enter(network, w), norms = neuron_norms(network, entered);
    const std::vector<Index> members = problem.subset(mask);
    for (Index k = 0; k < norms.size(); ++k) {
      const auto slot = static_cast<std::size_t>(k % kWidth);
      const Real expected =
          slot < members.size() ? std::sqrt(Real(2)) * problem.root(members[slot]) : Real(0);
      worst_norm = std::max(worst_norm, std::abs(norms[k] - expected));
    }
    // A neuron's sign is free.
    const Vector aligned = problem.point(network.layout(), mask, LinearProblem::HiddenBases::neurons);
    worst_weight = std::max(worst_weight, (entered.cwiseAbs() - aligned.cwiseAbs()).cwiseAbs().maxCoeff());
    worst_back = std::max(worst_back, (basis.leave(network, entered) - w).norm());
    worst_loss = std::max(worst_loss, std::abs(objective.value(entered) - problem.loss(mask)));
  }
  fmt::print("{} layers: norms to {:.1e}, weights to {:.1e}, there and back {:.1e}, loss {:.1e}\n", layers,
             static_cast<double>(worst_norm), static_cast<double>(worst_weight),
             static_cast<double>(worst_back), static_cast<double>(worst_loss));
  BOOST_TEST(worst_norm <= 1e-13);
  BOOST_TEST(worst_weight <= 1e-13);
  BOOST_TEST(worst_back <= 1e-13);
  BOOST_TEST(worst_loss <= 1e-13);
}

BOOST_AUTO_TEST_CASE(other_networks_keep_their_basis) {
  for (const auto& network : {feed_forward({3, 4, 2}, Activation(Real(0.5), 1)),
                              feed_forward({3, 4, 2}, Activation(1, 2)), diagonal_linear(3)}) {
    Random random(1);
    const Vector w = random.normal_matrix(network->parameter_count(), 1);
    const HiddenBasis basis = principal_basis(*network, w);
    BOOST_TEST(basis.rotations.empty());
    BOOST_TEST((basis.enter(*network, w) == w));
    BOOST_TEST((basis.leave(*network, w) == w));
  }
}

// N(u) = <R, W_D ... W_1> with R = (Y - H) X^T = U diag(s not learnt) V^T: the product is largest, D^{-D/2}
// on the unit sphere, for layers of rank one and equal norm. And L falls by N eps^D - |product|^2 eps^{2D} /
// 2.
BOOST_DATA_TEST_CASE(paths_grow_along_the_largest_singular_value_left, bdata::make({3, 4}), degree) {
  const LinearProblem problem = linear_problem(degree);
  Objective objective = problem.objective();
  const Network& network = objective.network();
  const Real most = std::pow(static_cast<Real>(degree), -static_cast<Real>(degree) / 2);
  KktSearchOptions search;
  search.starts = 16;
  search.descend = false;
  Real worst_value = 0, worst_product = 0, worst_loss = 0;
  for (unsigned mask = 0; mask + 1 < 1U << kSingularValues; ++mask) {
    const Vector w = problem.point(network.layout(), mask, LinearProblem::HiddenBases::neurons);
    Index left = 0;
    while (mask >> left & 1U) ++left;
    const auto path = path_ncf(objective, w, exact_zeros(network, w), search);
    BOOST_TEST_REQUIRE(path.has_value());
    const KktPoint& best = path->table.entries.at(0).point;
    worst_value = std::max(worst_value, std::abs(best.value / (most * problem.s[left]) - 1));

    Vector direction = Vector::Zero(w.size());
    direction(path->parameters) = best.direction;
    const Matrix mode = problem.left().col(left) * problem.right().col(left).transpose();
    worst_product =
        std::max(worst_product, (test::product_of(network.layout(), direction) / most - mode).norm());
    const Real size = std::pow(Real(0.3), static_cast<Real>(degree));
    const Real fall = size * best.value - size * size * most * most / 2;
    const Real loss = objective.value(w + Real(0.3) * direction);
    worst_loss = std::max(worst_loss, std::abs(problem.loss(mask) - loss - fall));
  }
  fmt::print("degree {}: N to {:.1e}, product to {:.1e}, fall of the loss to {:.1e}\n", degree,
             static_cast<double>(worst_value), static_cast<double>(worst_product),
             static_cast<double>(worst_loss));
  BOOST_TEST(worst_value <= 1e-12);
  BOOST_TEST(worst_product <= 1e-9);
  BOOST_TEST(worst_loss <= 1e-12);
}

BOOST_AUTO_TEST_CASE(there_is_no_path_without_a_zero_neuron_in_every_hidden_layer) {
  const KktSearchOptions search;
  const LinearProblem shallow = linear_problem(2), deep = linear_problem(3);
  Objective one = shallow.objective(), two = deep.objective();
  const Vector w = shallow.point(one.network().layout(), 1, LinearProblem::HiddenBases::neurons);
  BOOST_TEST(!path_ncf(one, w, exact_zeros(one.network(), w), search).has_value());
  const Vector v = deep.point(two.network().layout(), 1, LinearProblem::HiddenBases::neurons);
  std::vector<Index> first_layer = exact_zeros(two.network(), v);
  std::erase_if(first_layer, [](Index k) { return k >= kWidth; });
  BOOST_TEST(first_layer.size() == static_cast<std::size_t>(kWidth - 1));
  BOOST_TEST(!path_ncf(two, v, first_layer, search).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
