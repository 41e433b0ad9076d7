// All KKT points of the closed forms, and what must hold of those of deeper networks.
#include "saddleflow/correlation/kkt_search.hpp"

#include <fmt/format.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "correlation/print_table.hpp"
#include "correlation/problems.hpp"
#include "saddleflow/base/error.hpp"

BOOST_AUTO_TEST_SUITE(kkt_search_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace bdata = boost::unit_test::data;
using Status = SecondOrder::Status;
using Vector3 = Eigen::Matrix<Real, 3, 1>;

namespace {

/// N where it ends.
Real slow_ascent(Correlation& correlation, Vector u) {
  Vector g;
  for (int k = 0; k < 20000; ++k) {
    correlation.gradient(u, g);
    u = (u + Real(0.005) * g / g.norm()).normalized();
  }
  return correlation.value(u);
}

}  // namespace

// V4: N(u) = (n/8)(2 + cos 2 theta): a maximum 3n/8 along w*, a minimum n/8 across; M = +- n/2.
BOOST_DATA_TEST_CASE(square_neuron, bdata::make({5, 8, 13}) * bdata::make({0.0, 0.7}), n, angle) {
  const Circle circle(n, Real(angle));
  Objective objective = make_objective(power_sum(2, 1, Activation(-1, 2)), circle.inputs, circle.targets);
  Correlation correlation(objective);
  const KktTable table = find_kkt_points(correlation, {.starts = 16});
  print("V4", table);
  const Real eighth = static_cast<Real>(n) / 8;
  BOOST_TEST_REQUIRE(table.entries.size() == 2U);
  const KktEntry& top = table.entries[0];
  const KktEntry& bottom = table.entries[1];
  BOOST_TEST(table.unresolved == 0);
  BOOST_TEST(std::abs(top.point.value - 3 * eighth) < 1e-12 * eighth);
  BOOST_TEST(std::abs(std::abs(top.point.direction.dot(circle.maximiser)) - 1) < 1e-12);
  BOOST_TEST((top.second_order.status == Status::maximum));
  BOOST_TEST(std::abs(top.second_order.gap - 4 * eighth) < 1e-10 * eighth);
  BOOST_TEST(std::abs(top.second_order.gap / (2 * top.point.value) - Real(2) / 3) < 1e-10);
  BOOST_TEST(top.basin_share == 1);
  BOOST_TEST(std::abs(bottom.point.value - eighth) < 1e-12 * eighth);
  BOOST_TEST((bottom.second_order.status == Status::saddle));
  BOOST_TEST(std::abs(bottom.second_order.gap + 4 * eighth) < 1e-10 * eighth);
  BOOST_TEST(bottom.starts == 0);
}

// V5: N = b a^T S a, S = (n/8) diag(3, 1). Stationary: a = sqrt(2/3) e_k, b = +-1/sqrt(3) with
// N = +-(2/(3 sqrt 3)) s_k, and the null points b = +-1. M at k: 2 D N along the rescaling, and
// (2/sqrt 3)(s_k - s_other) across. |a|^2 - 2 b^2 is conserved, so that the starts with b < -1/sqrt 3
// collapse.
BOOST_DATA_TEST_CASE(cubic_neuron, bdata::make({5, 8}), n) {
  const Circle circle(n, Real(0.4));
  Objective objective =
      make_objective(feed_forward({2, 1, 1}, Activation(-1, 2)), circle.inputs, circle.targets);
  Correlation correlation(objective);
  const KktSearchOptions options{.starts = 64};
  const KktTable table = find_kkt_points(correlation, options);
  print("V5", table);
  const Real eighth = static_cast<Real>(n) / 8;
  const Real value = 2 / std::sqrt(Real(3)) * eighth;
  BOOST_TEST_REQUIRE(table.entries.size() == 3U);
  const KktEntry& top = table.entries[0];
  const KktEntry& null = table.entries[1];
  const KktEntry& bottom = table.entries[2];
  BOOST_TEST(std::abs(top.point.value - value) < 1e-12 * value);
  BOOST_TEST((top.second_order.status == Status::maximum));
  BOOST_TEST(std::abs(top.second_order.gap / (3 * top.point.value) - Real(2) / 3) < 1e-10);
  BOOST_TEST(std::abs(top.second_order.eigenvalues[1] - 6 * value) < 1e-10 * value);
  BOOST_TEST(std::abs(std::abs(top.point.direction.head(2).dot(circle.maximiser)) - std::sqrt(Real(2) / 3)) <
             1e-12);
  BOOST_TEST(std::abs(bottom.point.value + value) < 1e-12 * value);
  BOOST_TEST(bottom.second_order.negative == 2);
  BOOST_TEST(null.point.null);
  BOOST_TEST((null.second_order.status == Status::unknown));
  Index collapsing = 0;
  Random random(options.seed);
  for (Index k = 0; k < options.starts; ++k)
    if (random.unit_vector(3)[2] < -1 / std::sqrt(Real(3))) ++collapsing;
  BOOST_TEST(null.starts == collapsing);
  BOOST_TEST(top.starts + null.starts == options.starts);
}

// The saddle of V5, S's second eigenvector: found by polishing what is near it, left by an ascent.
BOOST_AUTO_TEST_CASE(polish_finds_the_saddle_that_is_near) {
  const Circle circle(8, Real(0.4));
  Objective objective =
      make_objective(feed_forward({2, 1, 1}, Activation(-1, 2)), circle.inputs, circle.targets);
  Correlation correlation(objective);
  Vector saddle(3);
  saddle << -std::sqrt(Real(2) / 3) * circle.maximiser[1], std::sqrt(Real(2) / 3) * circle.maximiser[0],
      1 / std::sqrt(Real(3));
  const Vector near = saddle + Real(1e-3) * Random(3).unit_vector(3);
  const KktPoint point = polish_kkt_point(correlation, Real(1e-8) * near);
  BOOST_TEST((point.direction - saddle).norm() < 1e-12);
  BOOST_TEST(point.residual < 1e-12);
  BOOST_TEST(std::abs(point.value - 2 / (3 * std::sqrt(Real(3)))) < 1e-13);
  const Vector far = saddle + Real(0.3) * Random(3).unit_vector(3);
  BOOST_TEST(std::abs(polish_kkt_point(correlation, far).value - 2 / std::sqrt(Real(3))) < 1e-13);
}

// THEORY.md, section 2, statements 1 and 2: layer shares p^{m-l}/S at every KKT point, maximisers with one
// active neuron a hidden layer.
BOOST_AUTO_TEST_CASE(three_layers_of_squared_relu) {
  Objective objective = random_objective(feed_forward({5, 6, 6, 1}, Activation(0, 2)), 20, 11);
  Correlation correlation(objective);
  const KktTable table = find_kkt_points(correlation, {.starts = 64});
  print("three layers of squared ReLU", table);
  BOOST_TEST(table.unresolved == 0);
  Index positive = 0, maxima = 0, with_one_active = 0;
  for (const KktEntry& e : table.entries) {
    BOOST_TEST(e.passes, e.failure);
    if (e.point.value <= 0) continue;
    ++positive;
    BOOST_TEST(e.point.residual <= 1e-12);
    BOOST_TEST((e.structure.layer_share - Vector3(4, 2, 1) / 7).cwiseAbs().maxCoeff() < 1e-9);
    if (e.second_order.status != Status::maximum) continue;
    ++maxima;
    if (e.structure.active_neurons == std::vector<Index>{1, 1}) ++with_one_active;
  }
  fmt::print("  {} positive, {} maxima, {} of these with one active neuron a layer\n", positive, maxima,
             with_one_active);
  BOOST_TEST(positive >= 2);
  BOOST_TEST(maxima == positive);
  BOOST_TEST(with_one_active == maxima);
}

// A slow check with nothing in common but the gradient: Euler's method with steps of 0.005.
BOOST_AUTO_TEST_CASE(slow_ascent_reaches_the_same_points) {
  Objective objective = random_objective(feed_forward({5, 6, 6, 1}, Activation(0, 2)), 20, 11);
  Correlation correlation(objective);
  const KktSearchOptions options{.starts = 20, .descend = false};
  const KktTable table = find_kkt_points(correlation, options);
  std::vector<Index> found(table.entries.size());
  Random random(options.seed);
  for (Index start = 0; start < options.starts; ++start) {
    const Real value = slow_ascent(correlation, random.unit_vector(correlation.size()));
    for (std::size_t k = 0; k < found.size(); ++k)
      if (std::abs(value - table.entries[k].point.value) < 1e-9 * value) ++found[k];
  }
  for (std::size_t k = 0; k < found.size(); ++k) BOOST_TEST(found[k] == table.entries[k].starts);
}

/// Whether an entry of `table` is this KKT point.
bool contains(Correlation& correlation, const KktTable& table, const KktPoint& point) {
  for (const KktEntry& e : table.entries)
    if (equivalent(correlation, e.point.direction, point.direction)) return true;
  return false;
}

// Another seed meets the same maximisers, those apart whose basins are so small that 64 starts may miss them.
BOOST_DATA_TEST_CASE(does_not_depend_on_the_seed, bdata::make({2, 3, 4}), seed) {
  Objective objective = random_objective(feed_forward({3, 4, 1}, Activation(0, 2)), 12, 5);
  Correlation correlation(objective);
  const KktTable first = find_kkt_points(correlation, {.starts = 64, .seed = 1});
  const KktTable second =
      find_kkt_points(correlation, {.starts = 64, .seed = static_cast<std::uint64_t>(seed)});
  print(fmt::format("two layers, seed {}", seed), second);
  Index compared = 0;
  for (const KktEntry& e : first.entries)
    if (e.basin_share > Real(0.1) && ++compared > 0) BOOST_TEST(contains(correlation, second, e.point));
  for (const KktEntry& e : second.entries)
    if (e.basin_share > Real(0.1) && ++compared > 0) BOOST_TEST(contains(correlation, first, e.point));
  BOOST_TEST(compared >= 4);
}

BOOST_AUTO_TEST_CASE(search_refuses_what_does_not_fit) {
  Objective objective = random_objective(power_sum(2, 1, Activation(-1, 2)), 5, 1);
  Correlation correlation(objective);
  BOOST_CHECK_THROW(find_kkt_points(correlation, {.starts = 0}), InputError);
  BOOST_CHECK_THROW(polish_kkt_point(correlation, Vector::Zero(2)), InputError);
  BOOST_CHECK_THROW(polish_kkt_point(correlation, Vector::Ones(3)), InputError);
  correlation.set_output_scale(1);
  BOOST_CHECK_THROW(find_kkt_points(correlation, {}), InputError);
}

BOOST_AUTO_TEST_CASE(stops_when_asked_and_says_how_far_it_is) {
  Objective objective = random_objective(power_sum(2, 1, Activation(-1, 2)), 5, 1);
  Correlation correlation(objective);
  std::atomic<bool> interrupt = false;
  KktSearchOptions options{.starts = 10};
  options.interrupt = &interrupt;
  options.progress = [&](Index done, Index of) {
    BOOST_TEST(of == 10);
    interrupt = done == 3;
  };
  const KktTable table = find_kkt_points(correlation, options);
  BOOST_TEST(table.interrupted);
  BOOST_TEST(table.starts == 3);
}

BOOST_AUTO_TEST_SUITE_END()
