// The rounds of a growing network, and the network at the end of each, for the page.
#include <algorithm>
#include <cmath>

#include "saddleflow/base/critical_kind.hpp"
#include "saddleflow/report/json_parts.hpp"

namespace saddleflow::report {

namespace {

using archive::RoundRow;
using Rows = std::vector<std::vector<double>>;

constexpr std::size_t most_inputs = 32;       ///< beyond, they are drawn as one
constexpr std::size_t most_numbers = 60'000;  ///< of all networks together: half a megabyte of text

/// Where the round begins among the accepted steps; null without any.
Json beginning(const RunData& run, const RoundRow& r) {
  if (r.first_time < 0) return nullptr;
  const auto row = static_cast<std::size_t>(r.first_time);
  const double step = run.step.empty() ? static_cast<double>(row) : run.step[row];
  return {{"time", number(run.time[row], time_digits)}, {"step", number(step, time_digits)}};
}

Json point_json(const RoundRow& r) {
  return {{"kind", flag_word<CriticalKind>(r.kind)},
          {"gradient_norm", number(r.gradient_norm, value_digits)},
          {"relative_gradient", number(r.relative_gradient, value_digits)},
          {"negative", r.index_negative},
          {"zero_explained", r.index_zero_explained},
          {"zero_unexplained", r.index_zero_unexplained},
          {"positive", r.index_positive},
          {"gap", number(r.eigenvalue_gap, value_digits)},
          {"lambda_min", number(r.lambda_min, value_digits)}};
}

Json round_json(const RunData& run, const RoundRow& r) {
  Json out{{"loss_before", number(r.loss_before, value_digits)},
           {"loss_start", number(r.loss_start, value_digits)},
           {"loss_after", number(r.loss_after, value_digits)},
           {"added_layer", r.added_layer},
           {"added_neurons", r.added_neurons},
           {"value", number(r.value, value_digits)},
           {"kkt_residual", number(r.kkt_residual, value_digits)},
           {"basin_share", number(r.basin_share, value_digits)},
           {"neurons", r.neurons},
           {"active_neurons", r.active_neurons},
           {"next_value", number(r.next_value, value_digits)},
           {"test_loss", number(r.test_loss, value_digits)},
           {"test_error", number(r.test_error, value_digits)},
           {"flow_time", number(r.flow_time, time_digits)},
           {"stop", flag_word<RoundStop>(r.stop)},
           {"begin", beginning(run, r)},
           {"gradients", r.gradients},
           {"hessian_vectors", r.hessian_vectors},
           {"hessians", r.hessians}};
  out.update(point_json(r));
  return out;
}

bool knows_size(const RoundRow& r) {
  if (r.neurons.empty()) return false;
  const std::size_t hidden = std::max<std::size_t>(1, r.neurons.size() - 1);
  return std::all_of(r.neurons.begin(), r.neurons.begin() + static_cast<std::ptrdiff_t>(hidden),
                     [](std::int64_t count) { return count > 0; });
}

/// The first `neurons[l]` rows of a layer, all of them of the output layer, and what feeds them.
Rows cropped(Rows matrix, const RoundRow& r, std::size_t layer) {
  const auto limit = [&](std::size_t l, std::size_t whole) {
    return r.neurons[l] < 0 ? whole : std::min(whole, static_cast<std::size_t>(r.neurons[l]));
  };
  matrix.resize(limit(layer, matrix.size()));
  for (std::vector<double>& row : matrix)
    if (layer > 0) row.resize(limit(layer - 1, row.size()));
  return matrix;
}

/// A single column, of the norms of the rows.
Rows joined(const Rows& matrix) {
  Rows norms;
  for (const std::vector<double>& row : matrix) {
    double square = 0;
    for (const double w : row) square += w * w;
    norms.push_back({std::sqrt(square)});
  }
  return norms;
}

bool inputs_are_joined(const RunData& run) {
  return !run.layer_sizes.empty() && run.layer_sizes.front() > static_cast<std::int64_t>(most_inputs);
}

/// Its matrices as drawn, and how many numbers they hold; null where the file does not have them.
std::pair<Json, std::size_t> network_json(const RunData& run, std::size_t round) {
  const RoundRow& r = run.rounds[round];
  const std::vector<double>& weights = run.round_points[round].weights;
  if (weights.empty() || !knows_size(r)) return {nullptr, 0};
  Json layers = Json::array();
  std::size_t size = 0;
  for (std::size_t l = 0; l < r.neurons.size(); ++l) {
    Rows matrix = cropped(layer_rows(run, weights, static_cast<int>(l)), r, l);
    if (l == 0 && inputs_are_joined(run)) matrix = joined(matrix);
    layers.push_back(Json::array());
    for (const std::vector<double>& row : matrix) {
      layers.back().push_back(numbers(row, weight_digits));
      size += row.size();
    }
  }
  return {layers, size};
}

/// From the last round back, as many as the page can hold.
Json networks_json(const RunData& run) {
  std::vector<Json> networks(run.rounds.size());
  std::size_t total = 0;
  for (std::size_t k = networks.size(); k-- > 0;) {
    auto [network, size] = network_json(run, k);
    total += size;
    if (total > most_numbers && k + 1 < networks.size()) break;
    networks[k] = std::move(network);
  }
  return networks;
}

}  // namespace

Json rounds_json(const RunData& run) {
  if (!run.has_rounds) return nullptr;
  Json list = Json::array();
  for (const RoundRow& r : run.rounds) list.push_back(round_json(run, r));
  return {{"list", list}, {"joined_inputs", inputs_are_joined(run)}, {"networks", networks_json(run)}};
}

}  // namespace saddleflow::report
