#include "saddleflow/report/directions.hpp"

#include <algorithm>
#include <cmath>

#include <boost/test/unit_test.hpp>

#include "example_run.hpp"

BOOST_AUTO_TEST_SUITE(directions_test)

using namespace saddleflow::report;

BOOST_AUTO_TEST_CASE(clusters_lie_together_longest_first) {
  const std::vector<std::vector<double>> rows{{1, 0}, {0, 9}, {2, 0.1}, {0.1, 1}, {-1, 0.01}};
  const std::vector<std::size_t> order = cluster_order(rows);
  BOOST_TEST(order == (std::vector<std::size_t>{1, 3, 2, 0, 4}), boost::test_tools::per_element());
  BOOST_TEST(cluster_order({}).empty());
  BOOST_TEST(cluster_order({{0, 0}, {0, 0}}).size() == 2u);
}

BOOST_AUTO_TEST_CASE(plane) {
  const RunData run = example_run(2);
  const Directions d = neuron_directions(run);
  BOOST_TEST((d.view == DirectionView::plane));
  BOOST_TEST(d.neurons.size() == 20u);
  BOOST_TEST(d.moments.front().label == "start");
  BOOST_TEST(d.moments.back().label == "end");
  BOOST_TEST(d.moments.size() == 2 + run.events.size());
  BOOST_TEST(d.path.size() <= 300u);
  BOOST_TEST(d.path.size() > 100u);
  // Rows are neurons: W_1 is stored column-major, neuron k has entries k and 20 + k.
  const std::vector<double>& weights = run.snapshots.back().weights;
  for (std::size_t i = 0; i < d.neurons.size(); ++i) {
    const auto k = static_cast<std::size_t>(d.neurons[i]);
    BOOST_TEST(d.moments.back().rows[i][0] == weights[k]);
    BOOST_TEST(d.moments.back().rows[i][1] == weights[20 + k]);
  }
}

BOOST_AUTO_TEST_CASE(map_shows_start_saddles_end_and_clusters) {
  const RunData run = example_run(10);
  const Directions d = neuron_directions(run);
  BOOST_TEST((d.view == DirectionView::map));
  std::vector<std::string> labels;
  for (const DirectionMoment& m : d.moments) labels.push_back(m.label);
  const std::vector<std::string> expected{"start",      "origin_escape", "visit 1", "visit 2",
                                          "level_loss", "steady",        "end"};
  BOOST_TEST(labels == expected, boost::test_tools::per_element());
  // The example's neurons belong to three modes by their index: the order changes mode exactly twice.
  int changes = 0;
  for (std::size_t i = 1; i < d.neurons.size(); ++i) changes += d.neurons[i] % 3 != d.neurons[i - 1] % 3;
  BOOST_TEST(changes == 2);
}

BOOST_AUTO_TEST_CASE(wide_layers_show_their_longest_neurons) {
  const RunData run = example_run(3, 100);
  const Directions d = neuron_directions(run, 10);
  BOOST_TEST(d.neuron_count == 100);
  BOOST_TEST(d.neurons.size() == 10u);
  const auto length = [&](std::size_t k) {
    const std::vector<double>& w = run.snapshots.back().weights;
    return std::hypot(w[k], w[100 + k], w[200 + k]);
  };
  double shortest_shown = 1e300;
  for (const std::int64_t k : d.neurons)
    shortest_shown = std::min(shortest_shown, length(static_cast<std::size_t>(k)));
  for (std::size_t k = 0; k < 100; ++k) {
    const bool shown = std::count(d.neurons.begin(), d.neurons.end(), static_cast<std::int64_t>(k)) > 0;
    if (!shown) BOOST_TEST(length(k) <= shortest_shown);
  }
}

BOOST_AUTO_TEST_CASE(diagonal_networks_show_their_linear_map) {
  const RunData run = example_diagonal_run(6);
  const Directions d = neuron_directions(run);
  BOOST_TEST((d.view == DirectionView::coefficients));
  BOOST_TEST(d.moments.size() == 4u);
  const std::vector<double>& w = run.snapshots[1].weights;
  for (std::size_t j = 0; j < 6; ++j) BOOST_TEST(d.moments[1].rows[0][j] == w[j] * w[6 + j]);
}

BOOST_AUTO_TEST_CASE(no_weights_no_view) {
  RunData run = example_run(2);
  run.snapshots.clear();
  BOOST_TEST((neuron_directions(run).view == DirectionView::none));
}

BOOST_AUTO_TEST_SUITE_END()
