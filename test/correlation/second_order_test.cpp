// The spectrum of M = D N I - Hess N where it is known, and what it must not claim.
#include "saddleflow/correlation/second_order.hpp"
#include "saddleflow/base/decompositions.hpp"

#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "correlation/print_table.hpp"
#include "correlation/problems.hpp"
#include "saddleflow/symmetry/symmetry_tangents.hpp"

BOOST_AUTO_TEST_SUITE(second_order_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace bdata = boost::unit_test::data;
using Status = SecondOrder::Status;

namespace {

KktPoint at(Correlation& correlation, const Vector& u) {
  KktPoint point;
  point.direction = u;
  Vector g;
  point.value = correlation.gradient(u, g);
  point.gradient_norm = g.norm();
  point.residual = (g - u.dot(g) * u).norm() / g.norm();
  return point;
}

const std::vector<Index> kDeepSizes[] = {{3, 4, 1}, {3, 2, 3, 2}, {2, 3, 3, 2, 1}};

}  // namespace

// N = sum_j c_j u_j v_j: pairs of eigenvalues 2 N* -+ c_j off the maximiser, 4 N* = 2 D N* on its rescaling;
// none is zero.
BOOST_AUTO_TEST_CASE(diagonal_linear_spectrum) {
  Matrix targets(1, 4);
  targets << 3, -1, Real(0.5), 2;
  Objective objective = make_objective(diagonal_linear(4), Matrix::Identity(4, 4), targets);
  Correlation correlation(objective);
  Vector u = Vector::Zero(8);
  u[0] = u[4] = std::sqrt(Real(0.5));
  const KktPoint point = at(correlation, u);
  BOOST_TEST(std::abs(point.value - Real(1.5)) < 1e-14);
  BOOST_TEST(point.residual < 1e-15);
  const SecondOrder s = second_order_status(correlation, point);
  const double expected[] = {1, 2, 2.5, 3.5, 4, 5, 6};
  for (Index k = 0; k < 7; ++k) BOOST_TEST(std::abs(s.eigenvalues[k] - Real(expected[k])) < 1e-13);
  BOOST_TEST((s.status == Status::maximum));
  BOOST_TEST(std::abs(s.gap - 1) < 1e-13);
  BOOST_TEST(s.zero_explained + s.zero_unexplained == 0);
}

// Deep linear networks: the maximiser's orbit has a sphere S^{k_l - 1} for each hidden layer.
BOOST_DATA_TEST_CASE(deep_linear_orbits, bdata::xrange(std::size(kDeepSizes)), index) {
  const std::vector<Index>& sizes = kDeepSizes[index];
  Objective objective = random_objective(feed_forward(sizes, Activation(1, 1)), 9, 21);
  Correlation correlation(objective);
  const KktTable table = find_kkt_points(correlation, {.starts = 6, .descend = false});
  print("deep linear", table);
  Index orbit = 0;
  for (std::size_t l = 1; l + 1 < sizes.size(); ++l) orbit += sizes[l] - 1;
  const SecondOrder& s = table.entries[0].second_order;
  BOOST_TEST(s.zero_explained == orbit);
  BOOST_TEST(s.zero_unexplained == 0);
  BOOST_TEST((s.status == Status::maximum));
  BOOST_TEST(s.gap > 0.01);
}

// The tangents leave N as it is, at any weights, and stay in the kernel of M at KKT points.
BOOST_AUTO_TEST_CASE(symmetry_tangents_are_symmetries) {
  const std::shared_ptr<const Network> networks[] = {feed_forward({3, 4, 3, 2}, Activation(1, 1)),
                                                     power_sum(3, 4, Activation(-1, 2))};
  for (const auto& network : networks) {
    Objective objective = random_objective(network, 8, 2);
    Correlation correlation(objective);
    Random random(6);
    const Vector u = random.unit_vector(correlation.size());
    Vector g;
    correlation.gradient(u, g);
    const Matrix tangents = symmetry_tangents(*network, u);
    BOOST_TEST(tangents.cols() == (network->kind() == "power_sum" ? 6 : 9));
    BOOST_TEST((tangents.transpose() * g).norm() < 1e-14 * g.norm());
    BOOST_TEST((tangents.transpose() * u).norm() < 1e-15);
    BOOST_TEST(PivotedQr(tangents).rank() == tangents.cols());
  }
  const auto relu = feed_forward({3, 4, 3, 2}, Activation(0, 2));
  BOOST_TEST(symmetry_tangents(*relu, Vector::Ones(relu->parameter_count())).cols() == 0);
}

// H = ||W x||^2 on V4: N = tr W S W^T, S = (n/8) diag(3, 1). M on the tangent space: 0 (turning the rows),
// 2 (s_1 - s_2) for each row, and 2 s_1 - 2 s_1 = 0 no more.
BOOST_AUTO_TEST_CASE(rotations_of_square_neurons) {
  const Circle circle(8, 0);
  Objective objective = make_objective(power_sum(2, 3, Activation(-1, 2)), circle.inputs, circle.targets);
  Correlation correlation(objective);
  Vector u = Vector::Zero(6);
  u.head(3) << Real(0.6), 0, Real(0.8);
  const SecondOrder s = second_order_status(correlation, at(correlation, u));
  BOOST_TEST(s.zero_explained == 2);
  BOOST_TEST(s.zero_unexplained == 0);
  BOOST_TEST(s.positive == 3);
  BOOST_TEST(std::abs(s.gap - 4) < 1e-13);
  BOOST_TEST((s.status == Status::maximum));
}

// An inactive squared-ReLU neuron beside an active one: the Hessian there is not that of N.
BOOST_AUTO_TEST_CASE(inactive_neurons_and_kinks_are_unknown) {
  const Matrix identity = Matrix::Identity(2, 2);
  Matrix targets(1, 2);
  targets << 2, 1;
  Objective sum = make_objective(power_sum(2, 2, Activation(0, 2)), identity, targets);
  Correlation correlation(sum);
  Vector u = Vector::Zero(4);
  u[0] = 1;
  BOOST_TEST((second_order_status(correlation, at(correlation, u)).status == Status::unknown));
  // b relu(a.x)^2 is of third order in an inactive neuron; all pre-activations of the other are off zero.
  Matrix inputs(2, 2);
  inputs << 1, Real(0.8), 0, Real(0.6);
  Objective deep = make_objective(feed_forward({2, 2, 1}, Activation(0, 2)), inputs, targets);
  Correlation deep_correlation(deep);
  const KktTable table = find_kkt_points(deep_correlation, {.starts = 16, .descend = false});
  BOOST_TEST((table.entries[0].structure.active_neurons == std::vector<Index>{1}));
  BOOST_TEST((table.entries[0].second_order.status == Status::maximum));
}

BOOST_AUTO_TEST_SUITE_END()
