// Layout, degree, neurons, groups, balance: everything that a network knows without data.
#include <boost/test/unit_test.hpp>
#include <set>

#include "network/fixtures.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/network/kernel.hpp"
#include "saddleflow/network/network.hpp"

BOOST_AUTO_TEST_SUITE(structure_test)

using namespace saddleflow;

BOOST_AUTO_TEST_CASE(layout_of_a_feed_forward_network) {
  const auto network = feed_forward({3, 4, 2}, Activation(Real(0), 2));
  const Layout& layout = network->layout();
  BOOST_TEST(layout.size() == 20);
  BOOST_TEST(layout.layer_count() == 2);
  BOOST_TEST(layout.layer(1).offset == 12);
  Vector w = Vector::LinSpaced(20, Real(0), Real(19));
  for (Index i = 0; i < 20; ++i) {
    const ParameterPlace place = layout.place(i);
    BOOST_TEST(layout.matrix(w, place.layer)(place.row, place.column) == static_cast<Real>(i));
  }
  BOOST_CHECK_THROW(layout.place(20), InputError);
  BOOST_CHECK_THROW(layout.place(-1), InputError);
}

BOOST_AUTO_TEST_CASE(degrees) {
  BOOST_TEST(feed_forward({3, 1}, Activation(Real(0), 2))->degree() == 1);
  BOOST_TEST(feed_forward({3, 4, 1}, Activation(Real(0), 2))->degree() == 3);
  BOOST_TEST(feed_forward({3, 4, 4, 1}, Activation(Real(0), 3))->degree() == 13);
  BOOST_TEST(feed_forward({3, 4, 4, 1}, Activation())->degree() == 3);
  BOOST_TEST(diagonal_linear(3)->degree() == 2);
  BOOST_TEST(power_sum(3, 2, Activation(Real(0), 5))->degree() == 5);
}

BOOST_AUTO_TEST_CASE(impossible_shapes) {
  const Activation sigma(Real(0), 16);
  BOOST_CHECK_THROW(feed_forward({3}, sigma), InputError);
  BOOST_CHECK_THROW(feed_forward({}, sigma), InputError);
  BOOST_CHECK_THROW(feed_forward({3, 0, 1}, sigma), InputError);
  BOOST_CHECK_THROW(feed_forward({3, -2, 1}, sigma), InputError);
  BOOST_CHECK_THROW(feed_forward({100000, 100000, 1}, sigma), InputError);
  // sum_{k < 8} 16^k fits into an int, with one more term it does not.
  BOOST_TEST(feed_forward({1, 1, 1, 1, 1, 1, 1, 1, 1}, sigma)->degree() == 286331153);
  BOOST_CHECK_THROW(feed_forward({1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, sigma), InputError);
  BOOST_CHECK_THROW(diagonal_linear(0), InputError);
  BOOST_CHECK_THROW(power_sum(3, 0, sigma), InputError);
  BOOST_CHECK_THROW(feed_forward({3, 2, 1}, sigma)->kernel(Matrix::Ones(4, 5)), InputError);
  BOOST_CHECK_THROW(diagonal_linear(3)->kernel(Matrix::Ones(4, 5)), InputError);
  BOOST_CHECK_THROW(power_sum(3, 1, sigma)->kernel(Matrix::Ones(4, 5)), InputError);
}

BOOST_AUTO_TEST_CASE(neurons_own_their_rows_and_columns) {
  const auto network = feed_forward({3, 4, 2, 1}, Activation());
  BOOST_TEST(network->neurons().size() == 6u);
  for (const Neuron& neuron : network->neurons()) {
    for (const Index i : neuron.incoming) {
      BOOST_TEST(network->layout().place(i).layer == neuron.layer);
      BOOST_TEST(network->layout().place(i).row == neuron.index);
    }
    for (const Index i : neuron.outgoing) {
      BOOST_TEST(network->layout().place(i).layer == neuron.layer + 1);
      BOOST_TEST(network->layout().place(i).column == neuron.index);
    }
    BOOST_TEST(static_cast<Index>(neuron.incoming.size()) == network->layout().layer(neuron.layer).cols);
    BOOST_TEST(static_cast<Index>(neuron.outgoing.size()) == network->layout().layer(neuron.layer + 1).rows);
  }
}

BOOST_AUTO_TEST_CASE(groups_of_a_feed_forward_network) {
  const auto network = feed_forward({3, 4, 2, 1}, Activation());
  const ParameterGroups groups = network->groups();
  BOOST_TEST(groups.count == 4 + 2 + 4 + 2);  // rows of the hidden layers, columns beyond the first layer
  std::set<int> used;
  for (std::size_t i = 0; i < groups.first.size(); ++i) {
    const ParameterPlace place = network->layout().place(static_cast<Index>(i));
    used.insert(groups.first[i]);
    BOOST_TEST((groups.second[i] >= 0) ==
               (place.layer == 1));  // only weights between hidden neurons have two
    for (std::size_t j = 0; j < i; ++j) {
      const ParameterPlace other = network->layout().place(static_cast<Index>(j));
      const bool same_layer = other.layer == place.layer;
      const bool last = place.layer == 2;
      BOOST_TEST((groups.first[i] == groups.first[j]) ==
                 (same_layer && (last ? place.column == other.column : place.row == other.row)));
      if (place.layer == 1 && other.layer == 1)
        BOOST_TEST((groups.second[i] == groups.second[j]) == (place.column == other.column));
    }
    if (groups.second[i] >= 0) used.insert(groups.second[i]);
  }
  BOOST_TEST(static_cast<int>(used.size()) == groups.count);
  BOOST_TEST((*used.begin() == 0 && *used.rbegin() == groups.count - 1));
}

BOOST_AUTO_TEST_CASE(groups_of_the_other_networks) {
  const ParameterGroups single = feed_forward({3, 2}, Activation())->groups();
  BOOST_TEST(single.count == 1);
  BOOST_TEST(single.first == std::vector<int>(6, 0), boost::test_tools::per_element());
  const auto diagonal = diagonal_linear(3);
  BOOST_TEST(diagonal->groups().first == (std::vector<int>{0, 1, 2, 0, 1, 2}),
             boost::test_tools::per_element());
  BOOST_TEST(diagonal->neurons()[1].incoming == std::vector<Index>{1}, boost::test_tools::per_element());
  BOOST_TEST(diagonal->neurons()[1].outgoing == std::vector<Index>{4}, boost::test_tools::per_element());
  const auto sum = power_sum(3, 2, Activation());
  BOOST_TEST(sum->groups().first == (std::vector<int>{0, 1, 0, 1, 0, 1}), boost::test_tools::per_element());
  BOOST_TEST(sum->groups().count == 2);
  BOOST_TEST(sum->neurons()[1].incoming == (std::vector<Index>{1, 3, 5}), boost::test_tools::per_element());
  BOOST_TEST(sum->neurons()[1].outgoing.empty());
}

BOOST_AUTO_TEST_CASE(balance_by_hand) {
  Vector out;
  Vector w(6);  // W_1 = [1 3; 2 4], W_2 = [5 6]
  w << Real(1), Real(2), Real(3), Real(4), Real(5), Real(6);
  out = balances(*feed_forward({2, 2, 1}, Activation(Real(0), 2)), w);
  BOOST_TEST(out.size() == 2);
  BOOST_TEST(out[0] == Real(1 + 9 - 2 * 25));
  BOOST_TEST(out[1] == Real(4 + 16 - 2 * 36));
  out = balances(*feed_forward({2, 2, 1}, Activation()), w);
  BOOST_TEST(out.size() == 3);
  BOOST_TEST(out[0] == Real(1 + 9 - 25));
  BOOST_TEST(out[1] == Real(2 + 12 - 30));
  BOOST_TEST(out[2] == Real(4 + 16 - 36));
  out = balances(*diagonal_linear(3), w);
  BOOST_TEST(out.size() == 3);
  BOOST_TEST(out[2] == Real(9 - 36));
  out = balances(*power_sum(3, 2, Activation()), w);
  BOOST_TEST(out.size() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
