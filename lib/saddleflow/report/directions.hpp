// Where the neurons of the first layer point: their incoming weights at chosen moments, and along the run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/report/run_data.hpp"

namespace saddleflow {
namespace report {

/// What a picture of the first layer can show.
enum class DirectionView {
  none,          ///< no snapshots
  plane,         ///< two inputs: each neuron is a vector in the plane
  map,           ///< more inputs: a row of numbers for each neuron
  coefficients,  ///< diagonal linear network: the effective linear map beta = u v
};

}  // namespace report

template <>
inline constexpr auto enum_table<report::DirectionView> = named_enum<report::DirectionView>(
    "view of directions", {{report::DirectionView::none, "none"},
                           {report::DirectionView::plane, "plane"},
                           {report::DirectionView::map, "map"},
                           {report::DirectionView::coefficients, "coefficients"}});

namespace report {

/// The first layer at one moment. `rows` holds one incoming weight vector for each entry of
/// Directions::neurons, for `coefficients` the single row beta.
struct DirectionMoment {
  std::string label;  ///< "start", "saddle 1", "end", or an event's kind
  double time = 0;
  std::vector<std::vector<double>> rows;
};

struct Directions {
  DirectionView view = DirectionView::none;
  std::int64_t inputs = 0;
  std::int64_t neuron_count = 0;         ///< in the network; `neurons` may be fewer
  std::vector<std::int64_t> neurons;     ///< rows of W_1 shown, neighbours similar at the last moment
  std::vector<DirectionMoment> moments;  ///< start, events or saddles, end
  std::vector<DirectionMoment> path;     ///< `plane` only: thinned snapshots, unlabelled
};

/// More curves or rows than this cannot be told apart in one picture.
inline constexpr std::size_t kDrawnNeurons = 64;

/// Shows at most `max_neurons` neurons, those with the largest incoming weights at the end.
Directions neuron_directions(const RunData& run, std::size_t max_neurons = kDrawnNeurons);

/// Rows of one layer's weight matrix; what is not finite counts as 0.
std::vector<std::vector<double>> layer_rows(const RunData& run, const std::vector<double>& weights,
                                            int layer);

/// Order of the rows in which average-linkage clustering by cosine similarity puts its leaves; the cluster
/// with the longest row comes first. Zero rows count as dissimilar to all others.
std::vector<std::size_t> cluster_order(const std::vector<std::vector<double>>& rows);

}  // namespace report
}  // namespace saddleflow
