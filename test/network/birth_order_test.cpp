// Networks that grow: where the parameters of each neuron stand, and the weights of the network that they
// are.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/network/birth_order.hpp"
#include "saddleflow/network/kernel.hpp"
#include "saddleflow/network/network.hpp"

BOOST_AUTO_TEST_SUITE(birth_order_test)

using namespace saddleflow;

namespace {

struct Tables {
  std::vector<std::int64_t> layers, rows, columns;
};

Tables tables(const BirthOrder& order) {
  Tables t;
  for (const ParameterPlace& place : order.places()) {
    t.layers.push_back(place.layer);
    t.rows.push_back(place.row);
    t.columns.push_back(place.column);
  }
  return t;
}

std::vector<Index> sizes(const Layout& layout) {
  std::vector<Index> out{layout.layer(0).cols};
  for (int l = 0; l < layout.layer_count(); ++l) out.push_back(layout.layer(l).rows);
  return out;
}

void require_vector(const Vector& found, const std::vector<double>& expected) {
  BOOST_TEST_REQUIRE(static_cast<std::size_t>(found.size()) == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    BOOST_TEST(static_cast<double>(found[static_cast<Index>(i)]) == expected[i], "entry " << i);
}

/// 2-1-1, then a second hidden neuron.
BirthOrder two_neurons() {
  BirthOrder order(Layout({{1, 2}, {1, 1}}));
  order.append_neuron(0);
  return order;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_first_network_is_in_its_own_order) {
  const Layout layout({{2, 3}, {1, 2}});
  const BirthOrder order(layout);
  const Vector w = Vector::LinSpaced(8, Real(1), Real(8));
  BOOST_TEST((order.canonical(w) == w));
  BOOST_TEST((order.by_birth(w) == w));
  BOOST_TEST(order.layout().size() == 8);
}

BOOST_AUTO_TEST_CASE(incoming_weights_come_before_outgoing_ones) {
  const Tables t = tables(two_neurons());
  BOOST_TEST(t.layers == (std::vector<std::int64_t>{0, 0, 1, 0, 0, 1}), boost::test_tools::per_element());
  BOOST_TEST(t.rows == (std::vector<std::int64_t>{0, 0, 0, 1, 1, 0}), boost::test_tools::per_element());
  BOOST_TEST(t.columns == (std::vector<std::int64_t>{0, 1, 0, 0, 1, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(weights_laid_out_by_hand) {
  const BirthOrder order = two_neurons();
  Vector born(6);
  born << 1, 2, 3, 4, 5, 6;
  // W_1 = (1 2; 4 5) column by column, W_2 = (3 6).
  require_vector(order.canonical(born), {1, 4, 2, 5, 3, 6});
  require_vector(order.by_birth(order.canonical(born)), {1, 2, 3, 4, 5, 6});
  // Before the birth of the second neuron.
  require_vector(order.canonical(born.head(3)), {1, 2, 3});
}

BOOST_AUTO_TEST_CASE(deep_networks_grow_anywhere) {
  BirthOrder order(Layout({{1, 2}, {1, 1}, {1, 1}}));
  std::vector<Index> born{order.size()};
  for (const int layer : {1, 0, 0, 1}) {
    order.append_neuron(layer);
    born.push_back(order.size());
  }
  BOOST_TEST(born == (std::vector<Index>{4, 6, 10, 14, 18}), boost::test_tools::per_element());
  BOOST_TEST(sizes(order.layout()) == (std::vector<Index>{2, 3, 3, 1}), boost::test_tools::per_element());
  BOOST_TEST(sizes(order.layout(10)) == (std::vector<Index>{2, 2, 2, 1}), boost::test_tools::per_element());
  // Every entry is where its place says, at every size.
  for (const Index count : born) {
    const Vector numbers = Vector::LinSpaced(count, Real(1), static_cast<Real>(count));
    const Layout layout = order.layout(count);
    const Vector w = order.canonical(numbers);
    for (Index i = 0; i < count; ++i) {
      const ParameterPlace& place = order.places()[static_cast<std::size_t>(i)];
      BOOST_TEST(layout.matrix(w, place.layer)(place.row, place.column) == numbers[i]);
    }
    BOOST_TEST((order.by_birth(w) == numbers));
  }
}

BOOST_AUTO_TEST_CASE(neurons_are_appended_too) {
  BirthOrder order(Layout({{2, 2}, {1, 2}, {1, 1}}));
  order.append_neuron(1);
  order.append_neuron(0);
  std::vector<Index> layers, rows;
  for (const ParameterPlace& neuron : order.neurons()) {
    layers.push_back(neuron.layer);
    rows.push_back(neuron.row);
  }
  BOOST_TEST(layers == (std::vector<Index>{0, 0, 1, 1, 0}), boost::test_tools::per_element());
  BOOST_TEST(rows == (std::vector<Index>{0, 1, 0, 1, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_neuron_at_zero_changes_no_output) {
  const Activation sigma(Real(0.25), 2);
  Random random(3);
  const Matrix inputs = random.normal_matrix(3, 5);
  const auto outputs = [&](const Network& network, const Vector& w) {
    return Matrix(network.kernel(inputs)->forward(w));
  };
  BirthOrder order(feed_forward({3, 2, 2, 1}, sigma)->layout());
  const Vector first = random.normal_matrix(order.size(), 1);
  const Matrix before = outputs(*feed_forward({3, 2, 2, 1}, sigma), order.canonical(first));
  order.append_neuron(0);
  order.append_neuron(1);
  Vector grown = Vector::Zero(order.size());
  grown.head(first.size()) = first;
  const Matrix after = outputs(*feed_forward({3, 3, 3, 1}, sigma), order.canonical(grown));
  BOOST_TEST(before.norm() > 1e-3);
  BOOST_TEST((after - before).norm() <= 1e-15 * before.norm());
}

BOOST_AUTO_TEST_CASE(power_sums_have_incoming_weights_alone) {
  BirthOrder order(power_sum(2, 1, Activation(Real(0), 3))->layout());
  order.append_neuron(0);
  BOOST_TEST(order.size() == 4);
  BOOST_TEST(order.neurons().size() == 2U);
  Vector born(4);
  born << 1, 2, 3, 4;
  require_vector(order.canonical(born), {1, 3, 2, 4});
}

BOOST_AUTO_TEST_CASE(tables_of_a_file_make_the_same_order) {
  BirthOrder order(Layout({{2, 3}, {1, 2}, {2, 1}}));
  for (const int layer : {1, 0, 1}) order.append_neuron(layer);
  const Tables t = tables(order);
  const BirthOrder read(t.layers, t.rows, t.columns);
  const Vector born = Vector::LinSpaced(order.size(), Real(1), Real(2));
  BOOST_TEST((read.canonical(born) == order.canonical(born)));
  BOOST_TEST(read.neurons().size() == 6U);
}

BOOST_AUTO_TEST_CASE(what_was_not_born_is_no_number) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const BirthOrder order = two_neurons();
  BOOST_TEST(order.born({1, 2, 3, nan, nan, nan}) == 3);
  BOOST_TEST(order.born({1, 2, 3, 4, 5, 6}) == 6);
  BOOST_TEST(order.born({nan, nan}) == 0);
  // A weight that has diverged is not one that is missing.
  BOOST_TEST(order.born({1, nan, 3, nan, nan, nan}) == 3);
}

BOOST_AUTO_TEST_CASE(what_no_growth_leads_to_is_refused) {
  BirthOrder order = two_neurons();
  BOOST_CHECK_THROW(order.append_neuron(1), InputError);  // the output
  BOOST_CHECK_THROW(order.append_neuron(2), InputError);
  BOOST_CHECK_THROW(order.append_neuron(-1), InputError);
  for (const Index count : {0, 1, 2, 4, 5, 7}) BOOST_CHECK_THROW(order.layout(count), InputError);
  const Tables good = tables(order);
  const auto refused = [](const Tables& t) {
    BOOST_CHECK_THROW(BirthOrder(t.layers, t.rows, t.columns), InputError);
  };
  Tables bad = good;
  bad.rows.pop_back();
  refused(bad);
  bad = good;
  bad.columns[4] = 0;  // two at one place
  refused(bad);
  bad = good;
  bad.layers[5] = 2;
  refused(bad);
  bad = good;
  bad.rows[3] = -1;
  refused(bad);
  bad = good;
  bad.columns[5] = std::numeric_limits<std::int64_t>::max();
  refused(bad);
  refused({});
}

BOOST_AUTO_TEST_SUITE_END()
