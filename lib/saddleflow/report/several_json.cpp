// Several runs of one problem, for the page.
#include <cmath>

#include <fmt/format.h>

#include "saddleflow/base/error.hpp"
#include "saddleflow/report/common_loss.hpp"
#include "saddleflow/report/json.hpp"
#include "saddleflow/report/json_parts.hpp"
#include "saddleflow/report/time_axis.hpp"

namespace saddleflow::report {

namespace {

Json run_json(const RunData& run) {
  return {{"file", run.file},
          {"stopped", stop_in_words(run.stop_reason)},
          {"end_time", number(run.time.back(), time_digits)},
          {"steps", number(last_step(run), count_digits)},
          {"first_loss", number(run.loss.front(), value_digits)},
          {"final_loss", number(last_finite(run.loss), value_digits)},
          {"visits", run.saddles.size()},
          {"study", run.study}};
}

/// One row a visit, run after run.
Json visits_json(const std::vector<RunData>& runs) {
  Json list = Json::array();
  for (std::size_t r = 0; r < runs.size(); ++r) {
    std::size_t count = 0;
    for (const Saddle& s : runs[r].saddles)
      list.push_back({{"run", r},
                      {"number", ++count},
                      {"depth", name_of(s.depth)},
                      {"enter", number(s.enter_time, time_digits)},
                      {"closest", number(s.closest_time, time_digits)},
                      {"leave", number(s.leave_time, time_digits)},
                      {"loss", number(s.loss, value_digits)},
                      {"proximity", number(s.proximity, value_digits)}});
  }
  return list;
}

Json loss_plot(const std::vector<RunData>& runs, std::size_t points) {
  const CommonLoss common = common_losses(runs, points);
  std::vector<Curve> curves{
      {"median", &common.median}, {"lowest", &common.lowest}, {"highest", &common.highest}};
  for (std::size_t r = 0; r < runs.size(); ++r)
    curves.push_back({fmt::format("run {}", r + 1), &common.loss[r], static_cast<int>(r)});
  return plot_json(common.time, common.time, curves, points, {});
}

void check_runs(const std::vector<RunData>& runs) {
  if (runs.empty()) throw InputError("report: no run, expected at least one");
  for (const RunData& run : runs) {
    check(run);
    if (run.time.empty() || run.loss.empty())
      throw InputError(fmt::format("{}: no trajectory with its loss, expected one to compare", run.file));
  }
}

}  // namespace

std::string to_json(const std::vector<RunData>& runs, std::size_t points) {
  check_runs(runs);
  Json list = Json::array();
  for (const RunData& run : runs) list.push_back(run_json(run));
  const Json none = Json::array();
  const Json page{{"title", runs.front().title},
                  {"file", fmt::format("{} runs", runs.size())},
                  {"time_axis", name_of(first_time_axis(runs))},
                  {"network", network_json(runs.front())},
                  {"problem", pairs(runs.front().problem)},
                  {"runs", list},
                  {"visits", visits_json(runs)},
                  {"plots", {{"loss", loss_plot(runs, points)}}},
                  {"events", none},
                  {"saddles", none}};
  return page.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace saddleflow::report
