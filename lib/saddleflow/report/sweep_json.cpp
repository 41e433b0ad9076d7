// A collected sweep, for the page. What is grouped, and over which axis, the reader of the page chooses; so
// the page has the numbers of all runs, and takes medians itself.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "saddleflow/report/json.hpp"
#include "saddleflow/report/json_parts.hpp"

namespace saddleflow::report {

namespace {

using archive::SweepRecord;
using archive::SweepTable;

/// Numbers of all curves of one kind: about five megabytes of text. A thousand runs keep 600 times each.
constexpr std::size_t numbers_of_curves = 600'000;
constexpr int curve_digits = 5;  ///< more than a picture shows

Json sweep_columns_json(const SweepRecord& sweep) {
  Json list = Json::array();
  for (const archive::SweepColumn& column : sweep.columns) {
    Json entry{{"name", column.name}, {"key", column.key}, {"role", name_of(column.role)}};
    entry["text"] = column.is_text;
    entry["values"] = column.is_text ? Json(column.texts) : numbers(column.numbers, count_digits);
    list.push_back(entry);
  }
  return list;
}

Json sweep_scalars_json(const SweepRecord& sweep) {
  Json list = Json::array();
  for (const archive::SweepScalar& scalar : sweep.scalars)
    list.push_back({{"name", scalar.name},
                    {"long_name", scalar.long_name},
                    {"values", numbers(scalar.values, time_digits)}});
  return list;
}

Json sweep_runs_json(const SweepRecord& sweep) {
  Json states = Json::array(), stops = Json::array();
  for (const archive::SweepState state : sweep.state) states.push_back(name_of(state));
  for (const std::string& reason : sweep.stop_reason)
    stops.push_back(reason.empty() ? "" : stop_in_words(reason));
  return {{"number", numbers(sweep.run, count_digits)},
          {"name", sweep.name},
          {"state", states},
          {"message", sweep.message},
          {"stopped", stops}};
}

/// One list a run, ended by its last number; of a curve only every `stride`-th one.
Json rows_json(const SweepTable& table, std::size_t runs, int digits, std::size_t stride = 1) {
  Json rows = Json::array();
  const auto width = static_cast<std::size_t>(table.width);
  for (std::size_t r = 0; r < runs; ++r) {
    Json row = Json::array();
    for (std::size_t k = 0; k < width; k += stride)
      row.push_back(number(table.values[r * width + k], digits));
    while (!row.empty() && row.back().is_null()) row.erase(row.size() - 1);
    rows.push_back(row);
  }
  return rows;
}

Json sweep_lists_json(const SweepRecord& sweep) {
  Json lists = Json::array();
  for (const archive::SweepList& list : sweep.lists)
    lists.push_back({{"name", list.name},
                     {"long_name", list.long_name},
                     {"values", rows_json(list.table, sweep.run.size(), time_digits)}});
  return lists;
}

Json sweep_visits_json(const SweepRecord& sweep) {
  const std::size_t runs = sweep.run.size();
  return {{"loss", rows_json(sweep.visit_loss, runs, value_digits)},
          {"time", rows_json(sweep.visit_time, runs, time_digits)},
          {"enter", rows_json(sweep.visit_enter, runs, time_digits)},
          {"leave", rows_json(sweep.visit_leave, runs, time_digits)},
          {"depth", rows_json(sweep.visit_depth, runs, value_digits)},
          {"jump", rows_json(sweep.jump_time, runs, time_digits)}};
}

/// Thinned evenly: the common times are, on their logarithmic axis.
Json sweep_curves_json(const SweepRecord& sweep, std::size_t points) {
  const std::size_t runs = sweep.run.size(), times = sweep.curve_time.size();
  const std::size_t most = std::max<std::size_t>(2, std::min(points, numbers_of_curves / runs));
  const std::size_t stride = times == 0 ? 1 : (times + most - 1) / most;
  Json time = Json::array(), curves = Json::array();
  for (std::size_t k = 0; k < times; k += stride) time.push_back(number(sweep.curve_time[k], time_digits));
  const auto add = [&](const char* name, const char* label, const SweepTable& table) {
    const auto found = std::ranges::any_of(table.values, [](double v) { return std::isfinite(v); });
    if (found)
      curves.push_back(
          {{"name", name}, {"label", label}, {"values", rows_json(table, runs, curve_digits, stride)}});
  };
  add("loss", "loss", sweep.loss_curve);
  add("weight_norm", "norm of the weights", sweep.weight_norm_curve);
  add("test_loss", "test loss", sweep.test_loss_curve);
  return {{"time", time}, {"every", stride}, {"curves", curves}};
}

}  // namespace

std::string to_json(const SweepRecord& sweep, std::size_t points) {
  const std::string file = std::filesystem::path(sweep.path).filename().string();
  const Json none = Json::array();
  const Json page{{"title", sweep.title},
                  {"file", file},
                  {"time_axis", "log"},
                  {"plots", Json::object()},
                  {"events", none},
                  {"saddles", none},
                  {"sweep",
                   {{"tool", sweep.tool},
                    {"history", sweep.history},
                    {"sweep", sweep.sweep},
                    {"study", sweep.study},
                    {"states", names<archive::SweepState>()},
                    {"columns", sweep_columns_json(sweep)},
                    {"runs", sweep_runs_json(sweep)},
                    {"scalars", sweep_scalars_json(sweep)},
                    {"lists", sweep_lists_json(sweep)},
                    {"visits", sweep_visits_json(sweep)},
                    {"curves", sweep_curves_json(sweep, points)}}}};
  return page.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace saddleflow::report
