#include "saddleflow/report/json_parts.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <span>

#include <fmt/format.h>

#include "saddleflow/base/stop_reason.hpp"
#include "saddleflow/base/thin.hpp"

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

namespace {

std::string spaced(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string in_a_sentence(const StopReason& reason) {
  switch (reason.stop()) {
    case Stop::reached_end:
      return "Reached the end time";
    case Stop::event:
      return "Stopped at " + spaced(reason.event());
    case Stop::step_limit:
      return "Stopped at the step limit";
    case Stop::interrupted:
      return "Interrupted";
    case Stop::step_underflow:
      return "Stopped: step size underflow";
    case Stop::nonfinite:
      return "Stopped: non-finite values";
    case Stop::numerical_error:
      return "Stopped: numerical error";
    case Stop::function_error:
      return "Stopped: a function of the problem failed";
    case Stop::sliding_unresolved:
      return "Stopped: sliding not resolved";
    case Stop::projection:
      return "Stopped: kinks too far from the weights";
    case Stop::balance_drift:
      return "Stopped: the balance of a neuron drifts";
    case Stop::energy_drift:
      return "Stopped: the energy identity does not hold";
    case Stop::loss_rise:
      return "Stopped: the loss rises";
    case Stop::collapsed:
    case Stop::iterations_spent:
    case Stop::sampled_decision:
      break;
  }
  return spaced(reason.text());
}

std::string in_a_sentence(RunState state) {
  switch (state) {
    case RunState::running:
      return "Still running";
    case RunState::killed:
      return "Killed";
    case RunState::search_ended:
      break;
  }
  return spaced(name_of(state));
}

}  // namespace

// The ends of pursuits and what later versions write are said as they are.
std::string stop_in_words(const std::string& stop_reason) {
  if (const std::optional<RunState> state = find_name<RunState>(stop_reason)) return in_a_sentence(*state);
  if (const std::optional<StopReason> reason = StopReason::find(stop_reason)) return in_a_sentence(*reason);
  return spaced(stop_reason);
}

}  // namespace saddleflow::report
