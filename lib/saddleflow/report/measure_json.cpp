// Singular values, effective widths and distances to the invariant manifolds over the times of the snapshots,
// for the page.
#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "saddleflow/report/json_parts.hpp"

namespace saddleflow::report {

namespace {

// More curves of one layer cannot be told apart; the largest singular values come first.
constexpr std::size_t kDrawnValues = 12;

Curve value_curve(const std::string& of, std::size_t rank, const Column& values, int layer) {
  return {fmt::format("{} \u03c3{}", of, rank + 1), &values, layer};
}

std::vector<Curve> singular_curves(const WeightMeasures& measures) {
  std::vector<Curve> curves;
  for (std::size_t k = 0; k < std::min(measures.product.size(), kDrawnValues); ++k)
    curves.push_back(value_curve("product", k, measures.product[k], -1));
  std::size_t rank = 0;
  for (std::size_t k = 0; k < measures.singular_values.size(); ++k) {
    const int layer = measures.layer[k];
    rank = k > 0 && measures.layer[k - 1] == layer ? rank + 1 : 0;
    if (rank >= kDrawnValues) continue;
    curves.push_back(
        value_curve(fmt::format("layer {}", layer + 1), rank, measures.singular_values[k], layer));
  }
  return curves;
}

std::vector<Curve> width_curves(const WeightMeasures& measures) {
  std::vector<Curve> curves;
  for (std::size_t l = 0; l < measures.effective_width.size(); ++l)
    curves.push_back(
        {fmt::format("hidden layer {}", l + 1), &measures.effective_width[l], static_cast<int>(l)});
  return curves;
}

/// From width 0 on in each layer.
std::vector<Curve> distance_curves(const WeightMeasures& measures) {
  const bool one_layer = std::ranges::all_of(measures.manifold_layer, [](int l) { return l == 0; });
  std::vector<Curve> curves;
  for (std::size_t k = 0; k < measures.distance.size(); ++k) {
    const int layer = measures.manifold_layer[k], width = measures.manifold_width[k];
    if (static_cast<std::size_t>(width) >= kDrawnValues) continue;
    const std::string name =
        one_layer ? fmt::format("d{}", width) : fmt::format("layer {} d{}", layer + 1, width);
    curves.push_back({name, &measures.distance[k], layer});
  }
  return curves;
}

}  // namespace

Json measure_plots(const RunData& run, std::size_t points) {
  const WeightMeasures& measures = run.measures;
  Json all = Json::object();
  if (measures.time.empty()) return all;
  const Column steps = steps_at(run, measures.time);
  const auto add = [&](const char* name, const std::vector<Curve>& curves) {
    if (!curves.empty()) all[name] = plot_json(measures.time, steps, curves, points, {});
  };
  add("singular", singular_curves(measures));
  add("width", width_curves(measures));
  add("distance", distance_curves(measures));
  return all;
}

}  // namespace saddleflow::report
