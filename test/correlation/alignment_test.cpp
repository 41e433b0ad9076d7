// The nearest copy of a KKT point against all permutations and signs.
#include "saddleflow/correlation/alignment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "correlation/rank_one_point.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/symmetry/assignment.hpp"

BOOST_AUTO_TEST_SUITE(alignment_test)

using namespace saddleflow;
namespace bdata = boost::unit_test::data;

namespace {

struct Sigma {
  double slope;
  int power;
  Activation activation() const { return Activation(static_cast<Real>(slope), power); }
};
std::ostream& operator<<(std::ostream& out, const Sigma& s) { return out << s.slope << "^" << s.power; }

/// Of no symmetry, even and odd.
const Sigma sigmas[] = {{0, 2}, {0.1, 1}, {-1, 1}, {1, 2}, {1, 3}};

struct Symmetry {
  std::vector<std::vector<int>> order;  ///< per hidden layer
  std::vector<Vector> sign;
};

/// W_l -> S_l P_l W_l P_{l-1}^T, for odd sigma with S_{l-1} on the right.
Vector transformed(const Network& network, const Vector& u, const Symmetry& g) {
  const Layout& layout = network.layout();
  const bool odd = network.activation().slope() == 1 && network.activation().power() % 2 == 1;
  Vector result(u.size());
  for (int l = 0; l < layout.layer_count(); ++l) {
    Matrix w = layout.matrix(u, l);
    const auto i = static_cast<std::size_t>(l);
    if (i < g.order.size()) w = (g.sign[i].asDiagonal() * w(g.order[i], Eigen::all)).eval();
    if (l > 0) w = w(Eigen::all, g.order[i - 1]).eval();
    if (l > 0 && odd) w = (w * g.sign[i - 1].asDiagonal()).eval();
    layout.matrix(result, l) = w;
  }
  return result;
}

bool has_signs(const Network& network) { return std::abs(network.activation().slope()) == 1; }

Symmetry draw(const Network& network, Random& random) {
  Symmetry g;
  for (int l = 0; l + 1 < network.layout().layer_count(); ++l) {
    const Index width = network.layout().layer(l).rows;
    std::vector<int> order(static_cast<std::size_t>(width));
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t k = order.size(); k > 1; --k)
      std::swap(order[k - 1], order[static_cast<std::size_t>(random.uniform() * static_cast<Real>(k))]);
    g.order.push_back(order);
    g.sign.push_back(
        Vector::NullaryExpr(width, [&] { return has_signs(network) ? random.sign() : Real(1); }));
  }
  return g;
}

/// Largest <g point, direction> over the whole group, one layer after another.
Real best_by_force(const Network& network, const Vector& point, const Vector& direction, Symmetry g = {}) {
  const int l = static_cast<int>(g.order.size());
  if (l + 1 == network.layout().layer_count()) return transformed(network, point, g).dot(direction);
  const Index width = network.layout().layer(l).rows;
  std::vector<int> order(static_cast<std::size_t>(width));
  std::iota(order.begin(), order.end(), 0);
  Real best = -std::numeric_limits<Real>::infinity();
  do {
    for (Index signs = 0; signs < (has_signs(network) ? Index(1) << width : 1); ++signs) {
      Symmetry next = g;
      next.order.push_back(order);
      next.sign.push_back(
          Vector::NullaryExpr(width, [signs](Index k) { return (signs >> k) & 1 ? Real(-1) : Real(1); }));
      best = std::max(best, best_by_force(network, point, direction, next));
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

/// A unit vector with one active neuron in every hidden layer.
Vector one_chain(const Network& network, Random& random) {
  Vector u = Vector::Zero(network.parameter_count());
  const int depth = network.layout().layer_count();
  Index below = -1;
  for (int l = 0; l < depth; ++l) {
    MatrixView w = network.layout().matrix(u, l);
    const Matrix weights = random.normal_matrix(w.rows(), w.cols());
    const auto row = static_cast<Index>(random.uniform() * static_cast<Real>(w.rows()));
    for (Index j = 0; j < w.cols(); ++j)
      for (Index i = 0; i < w.rows(); ++i)
        if ((l == 0 || j == below) && (l + 1 == depth || i == row)) w(i, j) = weights(i, j);
    below = row;
  }
  return u.normalized();
}

Objective make_objective(std::shared_ptr<const Network> network, Random& random) {
  Dataset data;
  data.inputs = random.normal_matrix(network->input_count(), 6);
  data.targets = random.normal_matrix(network->output_count(), 6);
  return Objective(std::move(network), data, Loss());
}

}  // namespace

BOOST_DATA_TEST_CASE(assignment_is_the_best_permutation, bdata::xrange(1, 8) * bdata::make({false, true}), n,
                     ties) {
  Random random(80);
  for (int draws = 0; draws < (n < 7 ? 20 : 5); ++draws) {
    Matrix gain = random.normal_matrix(n, n);
    if (ties) gain = (2 * gain).array().round();
    std::vector<Index> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), Index(0));
    const auto value = [&gain](const std::vector<Index>& pi) {
      Real sum = 0;
      for (std::size_t k = 0; k < pi.size(); ++k) sum += gain(static_cast<Index>(k), pi[k]);
      return sum;
    };
    const std::vector<Index> found = best_assignment(gain);
    BOOST_TEST(std::is_permutation(found.begin(), found.end(), order.begin()));
    Real best = value(order);
    while (std::next_permutation(order.begin(), order.end())) best = std::max(best, value(order));
    BOOST_TEST(std::abs(value(found) - best) < Real(1e-13));
  }
}

BOOST_AUTO_TEST_CASE(assignment_refuses_bad_tables) {
  BOOST_TEST(best_assignment(Matrix(0, 0)).empty());
  BOOST_CHECK_THROW(best_assignment(Matrix::Ones(2, 3)), InputError);
  Matrix bad = Matrix::Ones(2, 2);
  bad(0, 1) = std::numeric_limits<Real>::quiet_NaN();
  BOOST_CHECK_THROW(best_assignment(bad), InputError);
}

// A shuffled point is found again, whatever its length, and the copy is the same function.
BOOST_DATA_TEST_CASE(finds_a_shuffled_point,
                     bdata::make(sigmas) * bdata::make({1e-150, 1.0, 1e150}) * bdata::make({1, 2, 3}), sigma,
                     scale, hidden) {
  Random random(81);
  std::vector<Index> sizes = {3, 6, 4, 5, 2};
  sizes.erase(sizes.begin() + 1, sizes.begin() + 4 - hidden);
  const Objective objective = make_objective(feed_forward(sizes, sigma.activation()), random);
  const Network& network = objective.network();
  Correlation correlation(objective);
  const Vector point = random.unit_vector(network.parameter_count());
  const Vector shuffled = transformed(network, point, draw(network, random));
  const Vector copy = nearest_copy(network, point, static_cast<Real>(scale) * shuffled);
  BOOST_TEST((copy - shuffled).norm() < Real(1e-15));
  const Matrix outputs = correlation.outputs(point);
  BOOST_TEST((correlation.outputs(copy) - outputs).norm() < Real(1e-13) * outputs.norm());
}

BOOST_DATA_TEST_CASE(one_hidden_layer_is_exact, bdata::make(sigmas), sigma) {
  Random random(82);
  const auto network = feed_forward({2, 4, 1}, sigma.activation());
  for (int draws = 0; draws < 40; ++draws) {
    const Vector point = random.unit_vector(12), direction = random.unit_vector(12);
    const Real found = nearest_copy(*network, point, direction).dot(direction);
    BOOST_TEST(std::abs(found - best_by_force(*network, point, direction)) < Real(1e-14));
  }
}

BOOST_DATA_TEST_CASE(one_chain_in_three_layers_is_exact, bdata::make(sigmas), sigma) {
  Random random(83);
  const auto network = feed_forward({2, 3, 3, 1}, sigma.activation());
  for (int draws = 0; draws < 40; ++draws) {
    const Vector point = one_chain(*network, random), direction = random.unit_vector(18);
    const Real found = nearest_copy(*network, point, direction).dot(direction);
    BOOST_TEST(std::abs(found - best_by_force(*network, point, direction)) < Real(1e-14));
  }
}

// Several active neurons in two hidden layers, against directions that have nothing to do with the point:
// never above the best, and how far below on average.
BOOST_DATA_TEST_CASE(three_layers_come_near_the_best, bdata::make(sigmas), sigma) {
  Random random(84);
  const auto network = feed_forward({2, 3, 3, 1}, sigma.activation());
  const int draws = 40;
  int exact = 0;
  Real share = 0;
  for (int k = 0; k < draws; ++k) {
    const Vector point = random.unit_vector(18), direction = random.unit_vector(18);
    const Real found = nearest_copy(*network, point, direction).dot(direction);
    const Real best = best_by_force(*network, point, direction);
    BOOST_TEST(found <= best + Real(1e-14));
    exact += found >= best - Real(1e-14);
    share += found / best / draws;
  }
  fmt::print("seed 84, slope {}, power {}: best of all in {} of {}, on average {:.4f} of it\n", sigma.slope,
             sigma.power, exact, draws, static_cast<double>(share));
  BOOST_TEST(10 * exact >= 9 * draws);
  BOOST_TEST(share > Real(0.99));
}

// Near a copy of the point, where it matters, the best is found.
BOOST_DATA_TEST_CASE(three_layers_are_exact_nearby, bdata::make(sigmas), sigma) {
  Random random(85);
  const auto network = feed_forward({2, 3, 3, 1}, sigma.activation());
  for (int k = 0; k < 20; ++k) {
    const Vector point = random.unit_vector(18);
    const Vector direction =
        (transformed(*network, point, draw(*network, random)) + Real(0.3) * random.unit_vector(18))
            .normalized();
    const Real found = nearest_copy(*network, point, direction).dot(direction);
    BOOST_TEST(std::abs(found - best_by_force(*network, point, direction)) < Real(1e-14));
  }
}

BOOST_AUTO_TEST_CASE(other_kinds_of_networks) {
  Random random(86);
  const auto diagonal = diagonal_linear(3);
  const Vector point = random.unit_vector(6);
  Vector turned = point;
  turned[1] = -turned[1];
  turned[4] = -turned[4];
  BOOST_TEST((nearest_copy(*diagonal, point, turned) - turned).norm() == 0);
  // Coordinates stay where they are.
  const Vector moved = point(std::vector<Index>{1, 0, 2, 4, 3, 5});
  BOOST_TEST((nearest_copy(*diagonal, point, moved) - moved).norm() > Real(0.01));

  const Vector neurons = random.unit_vector(6);
  const Vector swapped = neurons(std::vector<Index>{1, 0, 3, 2, 5, 4});
  for (const Sigma& sigma : sigmas) {
    const auto network = power_sum(3, 2, sigma.activation());
    const bool even = sigma.slope == -1 || (sigma.slope == 1 && sigma.power == 2);
    BOOST_TEST((nearest_copy(*network, neurons, swapped) - swapped).norm() == 0);
    BOOST_TEST(((nearest_copy(*network, neurons, -swapped) + swapped).norm() == 0) == even);
  }
}

// Two KKT points built by hand; weights along a shuffled copy of the second one.
BOOST_DATA_TEST_CASE(aligns_with_the_right_point, bdata::make({1e-300, 1e-150, 1.0, 1e150}), scale) {
  Random random(87);
  rank_one_point::Recipe recipe{"", {2, 4, 1}, 0, 2, {{0, 1, 0, 0}}};
  const Objective objective = make_objective(feed_forward(recipe.sizes, Activation(0, 2)), random);
  Correlation correlation(objective);
  const auto build = [&] {
    return rank_one_point::assemble(
        objective.network().layout(),
        rank_one_point::factors(recipe, objective.data().inputs, correlation.residual_at_origin()));
  };
  std::vector<Vector> points = {build()};
  recipe.lowest = true;
  points.push_back(build());
  const Symmetry g{{{3, 2, 1, 0}}, {Vector::Ones(4)}};
  const Vector exact = transformed(objective.network(), points[1], g);
  const auto size = static_cast<Real>(scale);

  const Alignment on = align(correlation, points, size * exact);
  BOOST_TEST(on.nearest == 1);
  BOOST_TEST(std::abs(on.cosine - 1) < Real(1e-15));
  BOOST_TEST(on.kkt_residual < Real(1e-14));
  for (Index k = 0; k < 4; ++k) BOOST_TEST(std::isnan(on.neuron_cosine[k]) == (k != 2));
  BOOST_TEST(std::abs(on.neuron_cosine[2] - 1) < Real(1e-15));

  // cos = 1 / sqrt(1 + t^2) with something orthogonal of relative size t beside it.
  Vector beside = random.unit_vector(12);
  beside -= beside.dot(exact) * exact;
  beside.normalize();
  const Alignment near = align(correlation, points, size * (exact + Real(0.01) * beside));
  BOOST_TEST(near.nearest == 1);
  BOOST_TEST(std::abs(near.cosine - 1 / std::sqrt(Real(1.0001))) < Real(1e-14));
  BOOST_TEST(near.kkt_residual > Real(1e-4));
  const std::vector<Index> own = {2, 6, 10};
  const Vector moved = exact + Real(0.01) * beside;
  BOOST_TEST(std::abs(near.neuron_cosine[2] - exact(own).normalized().dot(moved(own).normalized())) <
             Real(1e-14));
  BOOST_TEST(near.neuron_cosine[2] < 1 - Real(1e-7));
}

BOOST_AUTO_TEST_CASE(without_points_or_weights) {
  Random random(88);
  const Objective objective = make_objective(feed_forward({2, 3, 1}, Activation(0, 2)), random);
  Correlation correlation(objective);
  const Vector w = random.unit_vector(9);
  const Alignment none = align(correlation, {}, w);
  BOOST_TEST(none.nearest == -1);
  BOOST_TEST(none.kkt_residual > 0);
  BOOST_TEST(std::isnan(none.neuron_cosine[2]));
  const Alignment zero = align(correlation, {w}, Vector::Zero(9));
  BOOST_TEST(zero.cosine == 0);
  BOOST_TEST(zero.kkt_residual == 0);
  BOOST_CHECK_THROW(align(correlation, {w}, Vector::Zero(8)), InputError);
  BOOST_CHECK_THROW(align(correlation, {Vector::Ones(3)}, w), InputError);
  BOOST_CHECK_THROW(nearest_copy(objective.network(), w, w * std::numeric_limits<Real>::infinity()),
                    InputError);
}

BOOST_AUTO_TEST_SUITE_END()
