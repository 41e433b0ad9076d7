#include "saddleflow/report/json_parts.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <span>

#include <fmt/format.h>

#include "saddleflow/report/thin.hpp"

namespace saddleflow::report {

namespace {

/// Half a megabyte of text a plot; with many curves each still has enough for its shape.
constexpr std::size_t numbers_per_plot = 60'000;
constexpr std::size_t fewest_points = 400;

bool has_numbers(const Column& column) {
  return std::any_of(column.begin(), column.end(), [](double v) { return std::isfinite(v); });
}

}  // namespace

Json number(double value, int digits) {
  if (!std::isfinite(value)) return nullptr;
  return std::strtod(fmt::format("{:.{}g}", value, digits).c_str(), nullptr);
}

Json numbers(const std::vector<double>& values, int digits) {
  Json list = Json::array();
  for (const double v : values) list.push_back(number(v, digits));
  return list;
}

Json pairs(const Pairs& list) {
  Json out = Json::array();
  for (const auto& [name, value] : list) out.push_back({name, value});
  return out;
}

std::string neuron_name(const NeuronPlace& place) {
  return fmt::format("neuron {}.{}", place.layer + 1, place.index + 1);
}

Json plot_json(const Column& time, const Column& steps, const std::vector<Curve>& recorded,
               std::size_t points, const std::vector<std::size_t>& keep) {
  Json out{{"time", Json::array()}, {"step", Json::array()}, {"curves", Json::array()}};
  std::vector<Curve> curves;
  for (const Curve& c : recorded)
    if (has_numbers(*c.values)) curves.push_back(c);
  if (curves.empty()) return out;
  std::vector<std::span<const double>> values;
  values.reserve(curves.size());
  for (const Curve& c : curves) values.emplace_back(*c.values);
  const std::size_t limit =
      std::min(points, std::max<std::size_t>(fewest_points, numbers_per_plot / curves.size()));
  const std::vector<std::size_t> rows = thin_rows(time, values, limit, keep);
  const auto picked = [&](const Column& column, int digits) {
    Json list = Json::array();
    for (const std::size_t i : rows) list.push_back(number(column[i], digits));
    return list;
  };
  out["time"] = picked(time, time_digits);
  out["step"] = picked(steps, time_digits);
  for (const Curve& c : curves) {
    out["curves"].push_back(
        {{"name", c.name}, {"layer", c.layer}, {"values", picked(*c.values, value_digits)}});
    if (c.weight != nullptr) out["curves"].back()["weights"] = picked(*c.weight, weight_digits);
  }
  return out;
}

}  // namespace saddleflow::report
