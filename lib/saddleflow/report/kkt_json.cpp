// KKT points and the way of a run to one of them, for the page.
#include <algorithm>
#include <cmath>

#include "saddleflow/report/directions.hpp"
#include "saddleflow/report/json_parts.hpp"

namespace saddleflow::report {

namespace {

constexpr std::size_t max_curves = kDrawnNeurons;
constexpr std::size_t max_pictures = 24;  ///< of the points with the largest values: some rows of them
constexpr std::size_t max_rows = 24;      ///< of one picture
constexpr double no_square = 1e-20;       ///< of a row of a unit vector: beside others it is not seen

Json point_json(const archive::KktRow& p) {
  const SecondOrderStatus status =
      find_flag<SecondOrderStatus>(p.second_order_status).value_or(SecondOrderStatus::unknown);
  return {{"status", p.null == 1 ? "null" : name_of(status)},
          {"value", number(p.value, verdict_digits)},
          {"gap", number(p.second_order_gap, value_digits)},
          {"residual", number(p.residual, value_digits)},
          {"negative", p.negative},
          {"zero_explained", p.zero_explained},
          {"zero_unexplained", p.zero_unexplained},
          {"positive", p.positive},
          {"basin_share", number(p.basin_share, value_digits)},
          {"starts", p.starts},
          {"layer_share", numbers(p.layer_share, value_digits)},
          {"rank_one_residual", numbers(p.rank_one_residual, share_digits)},
          {"active_neurons", p.active_neurons},
          {"rank_one", p.rank_one},
          {"scalar_kkt", p.scalar_kkt},
          {"one_sign", p.one_sign},
          {"equal_magnitude", p.equal_magnitude},
          {"aligned", p.aligned},
          {"clarke_residual", number(p.clarke_residual, value_digits)},
          {"passes", p.passes == 1}};
}

/// 1 - cosine: a logarithmic axis shows how near a direction comes.
Column distances(const Column& cosine) {
  Column out;
  for (const double c : cosine) out.push_back(std::max(0.0, 1 - c) + (c - c));  // NaN stays NaN
  return out;
}

}  // namespace

std::vector<std::vector<double>> first_rows(const RunData& run, const std::vector<double>& direction) {
  std::vector<std::vector<double>> rows = layer_rows(run, direction, 0);
  const auto square = [](const std::vector<double>& row) {
    double sum = 0;
    for (const double x : row) sum += x * x;
    return sum;
  };
  std::erase_if(rows, [&](const auto& row) { return square(row) < no_square; });
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const auto& a, const auto& b) { return square(a) > square(b); });
  if (rows.size() > max_rows) rows.resize(max_rows);
  return rows;
}

Json kkt_json(const RunData& run) {
  if (run.kkt.empty()) return nullptr;
  Json points = Json::array();
  const bool has_rows = !run.has_trait("coordinates");
  for (std::size_t k = 0; k < run.kkt.size(); ++k) {
    points.push_back(point_json(run.kkt[k]));
    Json rows = Json::array();
    const bool shown = k < max_pictures || static_cast<std::int64_t>(k) == run.run_point;
    if (has_rows && shown && !run.kkt[k].direction.empty())
      for (const auto& row : first_rows(run, run.kkt[k].direction))
        rows.push_back(numbers(row, weight_digits));
    points.back()["rows"] = rows;
  }
  Json late = nullptr;
  if (!run.max_margin.empty()) {
    const archive::MaxMarginRow& point = run.max_margin.front();
    late = {{"converged", point.converged != 0},
            {"approached", point.approached != 0},
            {"angle", number(point.angle, value_digits)},
            {"exponent", number(point.exponent, value_digits)},
            {"support", point.support_vectors},
            {"margins", run.margin_count},
            {"normalised", number(point.normalised_margin, verdict_digits)}};
  }
  return {{"search", pairs(run.kkt_search)},
          {"late", late},
          {"run_point", run.run_point},
          {"inputs", run.layer_sizes.empty() ? 0 : run.layer_sizes.front()},
          {"points", points}};
}

Json kkt_plots(const RunData& run, std::size_t points) {
  if (run.kkt.empty() || run.alignment.time.empty()) return Json::object();
  const AlignmentTable& table = run.alignment;
  const Column steps = steps_at(run, table.time), distance = distances(table.cosine);
  std::vector<Column> columns;
  std::vector<Curve> curves;
  const std::size_t count = std::min(max_curves, table.neuron_cosine.size());
  columns.reserve(count);
  for (std::size_t k = 0; k < count; ++k) {
    columns.push_back(distances(table.neuron_cosine[k]));
    curves.push_back({neuron_name(run.neurons[k]), &columns.back(), run.neurons[k].layer});
  }
  std::vector<Curve> both_ends{{"1 − cosine", &distance}, {"KKT residual", &table.residual}};
  const Column late = distances(table.max_margin);
  if (!late.empty()) both_ends.push_back({"1 − cosine, max-margin problem", &late});
  Json all{{"alignment", plot_json(table.time, steps, both_ends, points, {})},
           {"neuron_alignment", plot_json(table.time, steps, curves, points, {})}};
  return all;
}

}  // namespace saddleflow::report
