// Nonsmooth networks: maximisers inside cells and on the faces between them.
#include "saddleflow/correlation/face_search.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numbers>

#include "correlation/print_table.hpp"
#include "correlation/problems.hpp"

BOOST_AUTO_TEST_SUITE(face_search_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace bdata = boost::unit_test::data;

namespace {

/// max over directions of |sum_i z_i sigma(w.x_i)| / 2, the largest N of {2, 1, 1}, on a grid with spacing h:
/// right to h at a kink.
Real largest_on_grid(const Objective& objective, int points) {
  Real largest = 0;
  Matrix a;
  for (int k = 0; k < points; ++k) {
    const Real angle = 2 * std::numbers::pi_v<Real> * static_cast<Real>(k) / static_cast<Real>(points);
    Vector w(2);
    w << std::cos(angle), std::sin(angle);
    const Matrix z = w.transpose() * objective.data().inputs;
    objective.network().activation().value(z, a);
    largest = std::max(largest, std::abs(a.cwiseProduct(objective.data().targets).sum()) / 2);
  }
  return largest;
}

}  // namespace

BOOST_DATA_TEST_CASE(two_dimensional_relu, bdata::make({0.0, 0.1, -0.5}) * bdata::xrange(6), slope, seed) {
  const auto network = feed_forward({2, 1, 1}, Activation(static_cast<Real>(slope), 1));
  Objective objective = random_objective(network, 7, static_cast<std::uint64_t>(seed) + 30);
  Correlation correlation(objective);
  const KktTable table = find_kkt_points(correlation, {.starts = 24});
  print(fmt::format("slope {}", slope), table);
  BOOST_TEST(table.unresolved == 0);
  BOOST_TEST_REQUIRE(!table.entries.empty());
  const Real largest = largest_on_grid(objective, 200000);
  BOOST_TEST(std::abs(table.entries[0].point.value - largest) < 1e-4 * largest);
  for (const KktEntry& e : table.entries) {
    BOOST_TEST(e.passes, e.failure);
    if (e.clarke.kinks > 0) BOOST_TEST((e.second_order.status == SecondOrder::Status::unknown));
  }
}

BOOST_DATA_TEST_CASE(wider_relu, bdata::make({0.0, 0.1}) * bdata::make({1, 5}), slope, width) {
  const auto network = feed_forward({4, width, 1}, Activation(static_cast<Real>(slope), 1));
  Objective objective = random_objective(network, 20, 77);
  Correlation correlation(objective);
  const KktTable table = find_kkt_points(correlation, {.starts = 24});
  print(fmt::format("slope {} width {}", slope, width), table);
  BOOST_TEST(table.unresolved == 0);
  for (const KktEntry& e : table.entries) {
    BOOST_TEST(e.passes, e.failure);
    if (width > 1) BOOST_TEST((e.second_order.status != SecondOrder::Status::maximum));
  }
}

BOOST_AUTO_TEST_SUITE_END()
