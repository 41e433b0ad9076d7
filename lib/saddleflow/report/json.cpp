#include "saddleflow/report/json.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "saddleflow/base/event_kind.hpp"
#include "saddleflow/base/kkt_status.hpp"
#include "saddleflow/report/directions.hpp"
#include "saddleflow/report/json_parts.hpp"
#include "saddleflow/report/time_axis.hpp"

namespace saddleflow::report {

double step_at(const RunData& run, double time) {
  if (run.time.empty()) return std::nan("");
  const auto after = std::lower_bound(run.time.begin(), run.time.end(), time);
  const auto step = [&](std::size_t i) { return run.step.empty() ? static_cast<double>(i) : run.step[i]; };
  const auto i = static_cast<std::size_t>(after - run.time.begin());
  if (i == 0) return step(0);
  if (i == run.time.size()) return step(i - 1);
  const double share = (time - run.time[i - 1]) / (run.time[i] - run.time[i - 1]);
  return step(i - 1) + share * (step(i) - step(i - 1));
}

double last_finite(const Column& column) {
  const auto found = std::find_if(column.rbegin(), column.rend(), [](double v) { return std::isfinite(v); });
  return found == column.rend() ? std::nan("") : *found;
}

double last_step(const RunData& run) {
  if (run.time.empty()) return 0;
  return run.step.empty() ? static_cast<double>(run.time.size() - 1) : run.step.back();
}

Json network_json(const RunData& run) {
  return {{"kind", run.network_kind},
          {"layers", run.layer_sizes},
          {"activation", run.activation},
          {"bias", run.bias},
          {"power", run.power},
          {"degree", run.degree},
          {"parameters", run.parameters.size()},
          {"neurons", run.neurons.size()}};
}

namespace {

/// Rows on both sides of every event: the marker stands on the curve.
std::vector<std::size_t> kept_rows(const RunData& run) {
  std::vector<std::size_t> rows;
  for (const Event& event : run.events) {
    const auto after = std::lower_bound(run.time.begin(), run.time.end(), event.time) - run.time.begin();
    rows.push_back(static_cast<std::size_t>(after));
    if (after > 0) rows.push_back(static_cast<std::size_t>(after - 1));
  }
  // What is not smooth there: a round begins, and the loss jumps.
  for (const archive::RoundRow& round : run.rounds) {
    if (round.first_time < 0) continue;
    rows.push_back(static_cast<std::size_t>(round.first_time));
    if (round.first_time > 0) rows.push_back(static_cast<std::size_t>(round.first_time - 1));
  }
  return rows;
}

Json plot(const RunData& run, const std::vector<Curve>& curves, std::size_t points) {
  Column steps = run.step;
  for (std::size_t i = steps.size(); i < run.time.size(); ++i) steps.push_back(static_cast<double>(i));
  return plot_json(run.time, steps, curves, points, kept_rows(run));
}

/// The neurons whose norm grows largest; more curves than this cannot be told apart.
std::vector<Curve> neuron_curves(const RunData& run) {
  constexpr std::size_t most = kDrawnNeurons;
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

Json plots(const RunData& run, const Directions& shown, std::size_t points) {
  std::vector<Curve> layers{{"all weights", &run.weight_norm}};
  for (std::size_t l = 0; l < run.layer_norm.size(); ++l)
    layers.push_back({fmt::format("layer {}", l + 1), &run.layer_norm[l], static_cast<int>(l)});
  Json all{
      {"loss", plot(run,
                    {{"loss", &run.loss},
                     {"test loss (mean)", &run.test_loss},
                     {"penalty of weight decay", &run.penalty}},
                    points)},
      {"approach", plot(run,
                        {{"gradient norm", &run.gradient_norm},
                         {"proximity r", &run.proximity},
                         {"KKT residual", &run.kkt_residual}},
                        points)},
      {"margin", plot(run,
                      {{"normalised margin", &run.normalised_margin},
                       {"KKT residual, max-margin problem", &run.margin_kkt_residual}},
                      points)},
      {"layers", plot(run, layers, points)},
      {"neurons", plot(run, neuron_curves(run), points)},
      {"drift",
       plot(run, {{"balance drift", &run.balance_drift}, {"energy drift", &run.energy_drift}}, points)},
      {"steps", plot(run, {{"step size", &run.step_size}, {"stepper", &run.stepper}}, points)},
      {"modes", plot(run, {{"sliding", &run.sliding_count}, {"dead neurons", &run.dead_neurons}}, points)},
      {"angles", angle_plot(run, shown, points)}};
  all.update(kkt_plots(run, points));
  all.update(skeleton_plots(run, points));
  all.update(measure_plots(run, points));
  return all;
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
  for (const Saddle& s : run.saddles) {
    list.push_back({{"enter", moment(s.enter_time)},
                    {"closest", moment(s.closest_time)},
                    {"leave", moment(s.leave_time)},
                    {"depth", name_of(s.depth)},
                    {"loss", number(s.loss, value_digits)},
                    {"gradient_norm", number(s.gradient_norm, value_digits)},
                    {"proximity", number(s.proximity, value_digits)},
                    {"newton_distance", number(s.newton_distance, value_digits)},
                    {"negative", s.index_negative},
                    {"zero", s.index_zero},
                    {"positive", s.index_positive},
                    {"eigenvalues", numbers(s.eigenvalues, value_digits)}});
    if (run.has_saddle_record) list.back().update(visit_json(run, list.size() - 1));
  }
  return list;
}

Json stages(const RunData& run) {
  Json list = Json::array();
  for (const PredictedStage& stage : run.stages)
    list.push_back({{"loss", number(stage.loss, value_digits)},
                    {"frequency", stage.frequency},
                    {"correlation", number(stage.correlation, value_digits)}});
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

Json directions(const Directions& d) {
  return {{"view", name_of(d.view)},        {"inputs", d.inputs},
          {"neuron_count", d.neuron_count}, {"neurons", d.neurons},
          {"moments", moments(d.moments)},  {"path", moments(d.path)}};
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

}  // namespace

std::string to_json(const RunData& run, std::size_t points) {
  check(run);
  const Directions shown = neuron_directions(run);
  const Json page{{"title", run.title},
                  {"file", run.file},
                  {"stop_reason", run.stop_reason},
                  {"stopped", stop_in_words(run.stop_reason)},
                  {"end_time", run.time.empty() ? Json(nullptr) : number(run.time.back(), time_digits)},
                  {"rows", run.time.size()},
                  {"time_axis", name_of(run.has_skeleton ? skeleton_time_axis(run) : first_time_axis(run))},
                  {"steps", number(last_step(run), count_digits)},
                  {"first_loss", run.loss.empty() ? Json(nullptr) : number(run.loss.front(), value_digits)},
                  {"final_loss", number(last_finite(run.loss), value_digits)},
                  {"gauges", gauges(run)},
                  {"network", network_json(run)},
                  {"problem", pairs(run.problem)},
                  {"counters", pairs(run.counters)},
                  {"provenance", pairs(run.provenance)},
                  {"stepper_names", run.stepper_names},
                  {"flags", {{"direction", flag_words<CrossingKind>()}, {"verdict", flag_words<Verdict>()}}},
                  {"plots", plots(run, shown, points)},
                  {"events", events(run)},
                  {"saddles", saddles(run)},
                  {"stages", stages(run)},
                  {"directions", directions(shown)},
                  {"width_kind", run.measures.width_kind},
                  {"manifold_kind", run.measures.manifold_kind},
                  {"modes", modes_json(run)},
                  {"kkt", kkt_json(run)},
                  {"catalogue", catalogue_json(run)},
                  {"rounds", rounds_json(run)},
                  {"skeleton", skeleton_json(run)},
                  {"study", run.study},
                  {"study_as_typed", run.study_as_typed}};
  // Bytes that are not UTF-8 (a study typed in another encoding) become U+FFFD instead of an exception.
  return page.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace saddleflow::report
