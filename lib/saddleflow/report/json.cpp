#include "saddleflow/report/json.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "saddleflow/report/directions.hpp"
#include "saddleflow/report/thin.hpp"

namespace saddleflow::report {

namespace {

using Json = nlohmann::ordered_json;

constexpr int value_digits = 6;
constexpr int time_digits = 12;  ///< a jump of length 1 at t = 1e6 still has six digits of its own
constexpr int weight_digits = 4;
constexpr std::size_t numbers_per_plot = 60'000;

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

/// One curve of a plot.
struct Curve {
  std::string name;
  const Column* values;
  int layer = -1;  ///< colours a neuron's curve
};

/// Step count at a time between two rows.
double step_at(const RunData& run, double time) {
  const auto after = std::lower_bound(run.time.begin(), run.time.end(), time);
  const auto step = [&](std::size_t i) { return run.step.empty() ? static_cast<double>(i) : run.step[i]; };
  const auto i = static_cast<std::size_t>(after - run.time.begin());
  if (i == 0) return step(0);
  if (i == run.time.size()) return step(i - 1);
  const double share = (time - run.time[i - 1]) / (run.time[i] - run.time[i - 1]);
  return step(i - 1) + share * (step(i) - step(i - 1));
}

/// Rows on both sides of every event: the marker stands on the curve.
std::vector<std::size_t> event_rows(const RunData& run) {
  std::vector<std::size_t> rows;
  for (const Event& event : run.events) {
    const auto after = std::lower_bound(run.time.begin(), run.time.end(), event.time) - run.time.begin();
    rows.push_back(static_cast<std::size_t>(after));
    if (after > 0) rows.push_back(static_cast<std::size_t>(after - 1));
  }
  return rows;
}

Json plot(const RunData& run, const std::vector<Curve>& recorded, std::size_t points) {
  std::vector<Curve> curves;
  for (const Curve& c : recorded)
    if (!c.values->empty()) curves.push_back(c);
  std::vector<std::span<const double>> values;
  values.reserve(curves.size());
  for (const Curve& c : curves) values.emplace_back(*c.values);
  const std::size_t limit = std::min(
      points, std::max<std::size_t>(400, numbers_per_plot / std::max<std::size_t>(1, curves.size())));
  const std::vector<std::size_t> rows = thin_rows(run.time, values, limit, event_rows(run));
  const auto picked = [&](const Column& column, int digits) {
    Json list = Json::array();
    for (const std::size_t i : rows) list.push_back(number(column[i], digits));
    return list;
  };
  Json steps = Json::array();
  for (const std::size_t i : rows) steps.push_back(run.step.empty() ? static_cast<double>(i) : run.step[i]);
  Json out{{"time", picked(run.time, time_digits)}, {"step", steps}, {"curves", Json::array()}};
  for (const Curve& c : curves)
    out["curves"].push_back(
        {{"name", c.name}, {"layer", c.layer}, {"values", picked(*c.values, value_digits)}});
  return out;
}

/// The neurons whose norm grows largest; more curves than this cannot be told apart.
std::vector<Curve> neuron_curves(const RunData& run) {
  constexpr std::size_t most = 64;
  const auto largest = [](const Column& c) {
    double value = 0;
    for (const double v : c)
      if (std::isfinite(v)) value = std::max(value, v);
    return value;
  };
  std::vector<Curve> curves;
  curves.reserve(run.neuron_norm.size());
  for (std::size_t k = 0; k < run.neuron_norm.size(); ++k) {
    const NeuronPlace& place = run.neurons[k];
    curves.push_back(
        {fmt::format("neuron {}.{}", place.layer + 1, place.index + 1), &run.neuron_norm[k], place.layer});
  }
  std::stable_sort(curves.begin(), curves.end(),
                   [&](const Curve& a, const Curve& b) { return largest(*a.values) > largest(*b.values); });
  if (curves.size() > most) curves.resize(most);
  return curves;
}

Json plots(const RunData& run, std::size_t points) {
  std::vector<Curve> layers{{"all weights", &run.weight_norm}};
  for (std::size_t l = 0; l < run.layer_norm.size(); ++l)
    layers.push_back({fmt::format("layer {}", l + 1), &run.layer_norm[l], static_cast<int>(l)});
  return {{"loss", plot(run, {{"loss", &run.loss}}, points)},
          {"approach",
           plot(run, {{"gradient norm", &run.gradient_norm}, {"proximity r", &run.proximity}}, points)},
          {"layers", plot(run, layers, points)},
          {"neurons", plot(run, neuron_curves(run), points)},
          {"drift",
           plot(run, {{"balance drift", &run.balance_drift}, {"energy drift", &run.energy_drift}}, points)},
          {"steps", plot(run, {{"step size", &run.step_size}, {"stepper", &run.stepper}}, points)}};
}

Json events(const RunData& run) {
  Json list = Json::array();
  for (const Event& e : run.events)
    list.push_back({{"kind", e.kind},
                    {"direction", e.direction},
                    {"time", number(e.time, time_digits)},
                    {"step", number(step_at(run, e.time), time_digits)},
                    {"value", number(e.value, value_digits)},
                    {"loss", number(e.loss, value_digits)},
                    {"gradient_norm", number(e.gradient_norm, value_digits)},
                    {"proximity", number(e.proximity, value_digits)},
                    {"lambda_min", number(e.lambda_min, value_digits)},
                    {"lambda_max", number(e.lambda_max, value_digits)},
                    {"time_error", number(e.time_error, value_digits)}});
  return list;
}

Json saddles(const RunData& run) {
  Json list = Json::array();
  const auto moment = [&](double time) {
    return Json{{"time", number(time, time_digits)},
                {"step", std::isfinite(time) ? number(step_at(run, time), time_digits) : Json(nullptr)}};
  };
  for (const Saddle& s : run.saddles)
    list.push_back({{"enter", moment(s.enter_time)},
                    {"closest", moment(s.closest_time)},
                    {"leave", moment(s.leave_time)},
                    {"loss", number(s.loss, value_digits)},
                    {"gradient_norm", number(s.gradient_norm, value_digits)},
                    {"proximity", number(s.proximity, value_digits)},
                    {"newton_distance", number(s.newton_distance, value_digits)},
                    {"negative", s.index_negative},
                    {"zero", s.index_zero},
                    {"positive", s.index_positive},
                    {"eigenvalues", numbers(s.eigenvalues, value_digits)}});
  return list;
}

Json moments(const std::vector<DirectionMoment>& list) {
  Json out = Json::array();
  for (const DirectionMoment& m : list) {
    Json rows = Json::array();
    for (const auto& row : m.rows) rows.push_back(numbers(row, weight_digits));
    out.push_back({{"label", m.label}, {"time", number(m.time, time_digits)}, {"rows", rows}});
  }
  return out;
}

Json directions(const RunData& run) {
  static constexpr const char* view_names[] = {"none", "plane", "map", "coefficients"};
  const Directions d = neuron_directions(run);
  return {{"view", view_names[static_cast<int>(d.view)]},
          {"inputs", d.inputs},
          {"neuron_count", d.neuron_count},
          {"neurons", d.neurons},
          {"moments", moments(d.moments)},
          {"path", moments(d.path)}};
}

double last_finite(const Column& column) {
  const auto found = std::find_if(column.rbegin(), column.rend(), [](double v) { return std::isfinite(v); });
  return found == column.rend() ? std::nan("") : *found;
}

Json gauges(const RunData& run) {
  Json list = Json::array();
  const auto add = [&](const char* name, const Column& column) {
    double worst = 0;
    for (const double v : column)
      if (std::isfinite(v)) worst = std::max(worst, std::abs(v));
    if (!column.empty()) list.push_back({{"name", name}, {"worst", number(worst, value_digits)}});
  };
  add("balance drift", run.balance_drift);
  add("energy drift", run.energy_drift);
  return list;
}

Json network(const RunData& run) {
  return {
      {"kind", run.network_kind},     {"layers", run.layer_sizes}, {"slope", number(run.slope, value_digits)},
      {"power", run.power},           {"degree", run.degree},      {"parameters", run.parameters.size()},
      {"neurons", run.neurons.size()}};
}

}  // namespace

std::string to_json(const RunData& run, std::size_t points) {
  check(run);
  const Json page{
      {"title", run.title},
      {"file", run.file},
      {"stop_reason", run.stop_reason},
      {"end_time", number(run.time.back(), time_digits)},
      {"rows", run.time.size()},
      {"steps", number(run.step.empty() ? static_cast<double>(run.time.size() - 1) : run.step.back(), 16)},
      {"first_loss", run.loss.empty() ? Json(nullptr) : number(run.loss.front(), value_digits)},
      {"final_loss", number(last_finite(run.loss), value_digits)},
      {"gauges", gauges(run)},
      {"network", network(run)},
      {"problem", pairs(run.problem)},
      {"counters", pairs(run.counters)},
      {"provenance", pairs(run.provenance)},
      {"stepper_names", run.stepper_names},
      {"plots", plots(run, points)},
      {"events", events(run)},
      {"saddles", saddles(run)},
      {"directions", directions(run)},
      {"study", run.study},
      {"study_as_typed", run.study_as_typed}};
  // Bytes that are not UTF-8 (a study typed in another encoding) become U+FFFD instead of an exception.
  return page.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace saddleflow::report
