// Cases in which a search for maximisers is easily fooled: nothing positive to find, families, kinks.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "correlation/print_table.hpp"
#include "correlation/problems.hpp"
#include "saddleflow/base/decompositions.hpp"

BOOST_AUTO_TEST_SUITE(kkt_traps_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace bdata = boost::unit_test::data;
using Status = SecondOrder::Status;

namespace {

/// Negative labels; inputs in the half-space x_1 > 0, so that w = -e_1 is dead, or everywhere.
enum class LabelledInputs { half_space, everywhere };
Objective hopeless(std::shared_ptr<const Network> network, LabelledInputs where) {
  Random random(4);
  Matrix inputs = random.normal_matrix(network->input_count(), 15);
  if (where == LabelledInputs::half_space) inputs.row(0) = inputs.row(0).cwiseAbs().array() + 1;
  const Matrix targets = -random.normal_matrix(1, 15).cwiseAbs();
  return make_objective(std::move(network), inputs, targets);
}

bool second_order_positive(const KktEntry& e) {
  return e.point.value > 0 && e.second_order.status == Status::maximum && e.second_order.zero_explained == 0;
}

}  // namespace

// N = -sum |y_i| relu(w_k.x_i)^p <= 0 and dead neurons within reach: everything collapses.
BOOST_DATA_TEST_CASE(collapse, bdata::make({2, 3}) * bdata::make({1, 4}), power, width) {
  Objective objective = hopeless(power_sum(3, width, Activation(0, power)), LabelledInputs::half_space);
  Correlation correlation(objective);
  const KktTable table = find_kkt_points(correlation, {.starts = 32});
  print("collapse", table);
  BOOST_TEST_REQUIRE(!table.entries.empty());
  BOOST_TEST(table.unresolved == 0);
  BOOST_TEST(table.entries[0].point.null);
  BOOST_TEST(table.entries[0].basin_share == 1);
  BOOST_TEST(table.entries[0].point.value == 0);
  for (const KktEntry& e : table.entries) {
    BOOST_TEST(!second_order_positive(e));
    BOOST_TEST((!e.point.null || e.second_order.status == Status::unknown));
  }
}

// No dead directions either: N < 0 on the whole sphere, and its maximum too.
BOOST_AUTO_TEST_CASE(negative_everywhere) {
  Objective objective = hopeless(power_sum(2, 1, Activation(0, 2)), LabelledInputs::everywhere);
  Correlation correlation(objective);
  const KktTable table = find_kkt_points(correlation, {.starts = 32});
  print("negative everywhere", table);
  BOOST_TEST(table.unresolved == 0);
  Index starts = 0;
  for (const KktEntry& e : table.entries) {
    BOOST_TEST(e.point.value < 0);
    BOOST_TEST(e.passes, e.failure);
    starts += e.starts;
  }
  BOOST_TEST(starts == 32);
  Real largest = -1e300;
  for (int k = 0; k < 100000; ++k) {
    const Real angle = 2 * std::numbers::pi_v<Real> * static_cast<Real>(k) / 100000;
    Vector u(2);
    u << std::cos(angle), std::sin(angle);
    largest = std::max(largest, correlation.value(u));
  }
  BOOST_TEST(std::abs(table.entries[0].point.value - largest) < 1e-7 * std::abs(largest));
}

// D = 2 and several neurons that may share one direction in any proportion: a family that no symmetry
// forces, and one entry.
BOOST_DATA_TEST_CASE(neurons_that_share_a_direction, bdata::make({2, 4}), width) {
  Objective objective = random_objective(power_sum(3, width, Activation(0, 2)), 12, 8);
  Objective single = random_objective(power_sum(3, 1, Activation(0, 2)), 12, 8);
  Correlation correlation(objective), alone(single);
  const KktTable table = find_kkt_points(correlation, {.starts = 64, .descend = false});
  const KktTable reference = find_kkt_points(alone, {.starts = 64, .descend = false});
  print("shared direction", table);
  print("  one neuron", reference);
  BOOST_TEST(table.unresolved == 0);
  const KktEntry& top = table.entries[0];
  BOOST_TEST(std::abs(top.point.value - reference.entries[0].point.value) < 1e-12 * top.point.value);
  BOOST_TEST((reference.entries[0].second_order.status == Status::maximum));
  BOOST_TEST((top.second_order.status == Status::degenerate));
  for (const KktEntry& e : table.entries)
    if (e.second_order.zero_unexplained > 0) BOOST_TEST((e.second_order.status != Status::maximum));
}

// D = 15: at random starts the gradient is some 1e-12 of that at the maximisers, and yet not zero.
BOOST_AUTO_TEST_CASE(faint_starts_are_not_null) {
  Objective objective = random_objective(feed_forward({10, 10, 10, 10, 1}, Activation(0, 2)), 50, 3);
  Correlation correlation(objective);
  const KktTable table = find_kkt_points(correlation, {.starts = 3, .descend = false});
  print("degree 15", table);
  BOOST_TEST(table.unresolved == 0);
  Vector g;
  correlation.gradient(Random(1).unit_vector(correlation.size()), g);
  BOOST_TEST(g.norm() < 1e-9 * table.entries[0].point.gradient_norm);
  for (const KktEntry& e : table.entries) {
    BOOST_TEST(!e.point.null);
    BOOST_TEST(e.point.value > 1);
  }
}

// Linear networks, p = 1: rotations of the hidden layer force zero modes, never "second-order positive".
BOOST_AUTO_TEST_CASE(linear_family) {
  Objective objective = random_objective(feed_forward({4, 3, 2}, Activation(1, 1)), 12, 9);
  Correlation correlation(objective);
  const KktTable table = find_kkt_points(correlation, {.starts = 24});
  print("linear", table);
  BOOST_TEST(table.unresolved == 0);
  // N = <Z X^T, W2 W1> / ..: the maximum is half the largest singular value.
  const Matrix b = objective.data().targets * objective.data().inputs.transpose();
  const Real largest = thin_svd(b).values[0];
  BOOST_TEST(std::abs(table.entries[0].point.value - largest / 2) < 1e-12 * largest);
  BOOST_TEST(table.entries[0].starts == 24);
  BOOST_TEST(table.entries[0].second_order.zero_explained == 2);
  for (const KktEntry& e : table.entries) BOOST_TEST(!second_order_positive(e));
}

// Equal singular values: one more zero mode than the rotations of the hidden layer explain.
BOOST_AUTO_TEST_CASE(linear_family_of_the_data) {
  const Matrix identity = Matrix::Identity(2, 2);
  Objective objective = make_objective(feed_forward({2, 2, 2}, Activation(1, 1)), identity, identity);
  Correlation correlation(objective);
  const KktTable table = find_kkt_points(correlation, {.starts = 4, .descend = false});
  print("linear, equal singular values", table);
  BOOST_TEST(table.unresolved == 0);
  for (const KktEntry& e : table.entries) {
    BOOST_TEST((e.second_order.status == Status::degenerate));
    BOOST_TEST(e.second_order.gap == 0);
    BOOST_TEST(std::abs(e.point.value - Real(0.5)) < 1e-13);
  }
}

BOOST_AUTO_TEST_SUITE_END()
