// A skeleton and what is compared with it, for the page.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "saddleflow/base/critical_kind.hpp"
#include "saddleflow/report/common_loss.hpp"
#include "saddleflow/report/json_parts.hpp"
#include "saddleflow/report/time_axis.hpp"

namespace saddleflow::report {

namespace {

using archive::FlowLossRow;
using archive::JumpRow;
using archive::MatchRow;
using archive::SkeletonRecord;
using archive::StopRow;

/// Numbers of those that are marked, from 0.
Json marked(const std::vector<std::int64_t>& mask) {
  Json list = Json::array();
  for (std::size_t k = 0; k < mask.size(); ++k)
    if (mask[k] == 1) list.push_back(k);
  return list;
}

Json jump_json(const JumpRow& j) {
  return {{"time", number(j.time, time_digits)},
          {"after", number(j.after, time_digits)},
          {"flow_time", number(j.flow_time, time_digits)},
          {"loss_before", number(j.loss_before, value_digits)},
          {"loss", number(j.loss, value_digits)},
          {"on", marked(j.activated)},
          {"off", marked(j.deactivated)},
          {"active", std::count(j.active.begin(), j.active.end(), 1)},
          {"kind", j.kind < 0 ? Json(nullptr) : Json(flag_word<CriticalKind>(j.kind))},
          {"negative", j.index_negative},
          {"zero_explained", j.index_zero_explained},
          {"zero_unexplained", j.index_zero_unexplained},
          {"positive", j.index_positive},
          {"gap", number(j.eigenvalue_gap, value_digits)},
          {"ways_down", j.ways_down}};
}

Json stop_json(const SkeletonRecord& record, std::int64_t row) {
  if (row < 0) return nullptr;
  const StopRow& s = record.stops[static_cast<std::size_t>(row)];
  return {{"time", number(s.time, time_digits)},
          {"after", number(s.after, time_digits)},
          {"loss", number(s.loss, value_digits)},
          {"active_neurons", s.active_neurons}};
}

/// Counted from 0 within its sequence.
std::int64_t place_of(const SkeletonRecord& record, const MatchRow& match) {
  if (match.jump >= 0) return match.jump;
  return record.known ? -1 : match.first_stop;
}

Json match_json(const SkeletonRecord& record, std::size_t row) {
  const MatchRow& m = record.matches[row];
  return {{"place", place_of(record, m)},
          {"stop", stop_json(record, m.stop)},
          {"time_difference", number(m.time_difference, value_digits)},
          {"loss_difference", number(m.loss_difference, value_digits)},
          {"output_distance", number(m.output_distance, value_digits)},
          {"same", m.same_active_neurons},
          {"reason", record.reasons[row]}};
}

std::string sequence_name(const archive::SequenceRow& sequence) {
  if (sequence.kind != flag_of(SequenceKind::flow)) return flag_word<SequenceKind>(sequence.kind);
  return fmt::format("flow from δ = {:g}", sequence.delta);
}

Json sequence_json(const SkeletonRecord& record, std::size_t k) {
  const archive::SequenceRow& s = record.sequences[k];
  Json matches = Json::array();
  for (std::size_t row = 0; row < record.matches.size(); ++row)
    if (record.matches[row].sequence == static_cast<std::int64_t>(k))
      matches.push_back(match_json(record, row));
  return {{"name", sequence_name(s)},
          {"kind", flag_word<SequenceKind>(s.kind)},
          {"failed", s.failed == 1},
          {"end", record.ends[k]},
          {"matches", matches}};
}

/// The staircase and the flows, each over its own times: the staircase first where a skeleton is known.
struct Staircase {
  std::vector<RunData> runs;
  std::vector<std::string> names;
  bool has_steps = false;
};

/// What is drawn of a time axis: a flow may go on for ten times as long as anything happens.
struct Window {
  double from = 0, to = 0;
  bool holds(double time) const { return time >= from && time <= to; }
};

/// To one and a half times the last jump or stop; over later slow time as much before the first jump as
/// after.
Window window_of(const SkeletonRecord& record, bool after) {
  constexpr double beyond = 1.5;
  double last = 0;
  const auto add = [&](double time) {
    if (std::isfinite(time)) last = std::max(last, time);
  };
  for (const JumpRow& jump : record.jumps) add(after ? jump.after : jump.time);
  for (const StopRow& stop : record.stops) add(after ? stop.after : stop.time);
  if (last == 0)  // nothing has happened
    for (const FlowLossRow& row : record.losses) add(after ? row.after : row.time);
  return {after ? -last / 2 : 0, beyond * last};
}

RunData flow_curve(const SkeletonRecord& record, std::int64_t sequence, double FlowLossRow::*time,
                   const Window& window) {
  RunData run;
  for (const FlowLossRow& row : record.losses) {
    if (row.sequence != sequence || !window.holds(row.*time)) continue;
    if (!run.time.empty() && row.*time < run.time.back()) continue;  // rounding of a long time
    run.time.push_back(row.*time);
    run.loss.push_back(row.loss);
  }
  return run;
}

RunData steps_of(const SkeletonRecord& record, bool after, const Window& window) {
  RunData steps;
  const auto add = [&](double time, double loss) {
    steps.time.push_back(time);
    steps.loss.push_back(loss);
  };
  add(window.from, record.loss_at_origin);
  for (const JumpRow& jump : record.jumps) add(after ? jump.after : jump.time, jump.loss);
  add(window.to, record.jumps.back().loss);
  return steps;
}

/// `after`: over the later slow time.
Staircase staircase(const SkeletonRecord& record, bool after) {
  Staircase all;
  const Window window = window_of(record, after);
  all.has_steps = record.known && !record.jumps.empty();
  if (all.has_steps) {
    all.runs.push_back(steps_of(record, after, window));
    all.names.emplace_back("skeleton");
  }
  for (std::size_t k = 0; k < record.sequences.size(); ++k) {
    RunData flow = flow_curve(record, static_cast<std::int64_t>(k),
                              after ? &FlowLossRow::after : &FlowLossRow::time, window);
    if (flow.time.empty()) continue;
    all.runs.push_back(std::move(flow));
    all.names.push_back(sequence_name(record.sequences[k]));
  }
  return all;
}

/// The loss of the last step at each time.
Column constant_between(const RunData& steps, const Column& times) {
  Column values;
  for (const double time : times) {
    const auto after = std::upper_bound(steps.time.begin(), steps.time.end(), time);
    values.push_back(after == steps.time.begin()
                         ? archive::not_known
                         : steps.loss[static_cast<std::size_t>(after - steps.time.begin()) - 1]);
  }
  return values;
}

Json staircase_plot(const Staircase& all, std::size_t points) {
  CommonLoss common = common_losses(all.runs, points);
  if (all.has_steps) common.loss.front() = constant_between(all.runs.front(), common.time);
  std::vector<Curve> curves;
  for (std::size_t k = 0; k < all.runs.size(); ++k)
    curves.push_back(
        {all.names[k], &common.loss[k], all.has_steps ? static_cast<int>(k) - 1 : static_cast<int>(k)});
  // Where the staircase steps nothing may be left out.
  std::vector<std::size_t> keep;
  if (all.has_steps)
    for (const double time : all.runs.front().time) {
      const auto row = std::lower_bound(common.time.begin(), common.time.end(), time) - common.time.begin();
      if (row > 0) keep.push_back(static_cast<std::size_t>(row) - 1);
      if (row < std::ssize(common.time)) keep.push_back(static_cast<std::size_t>(row));
    }
  return plot_json(common.time, common.time, curves, points, keep);
}

}  // namespace

Json skeleton_json(const RunData& run) {
  if (!run.has_skeleton) return nullptr;
  const SkeletonRecord& record = run.skeleton;
  Json jumps = Json::array(), sequences = Json::array();
  for (const JumpRow& jump : record.jumps) jumps.push_back(jump_json(jump));
  for (std::size_t k = 0; k < record.sequences.size(); ++k) sequences.push_back(sequence_json(record, k));
  return {{"known", record.known},
          {"end", record.end},
          {"detail", record.detail},
          {"delta", number(record.delta, value_digits)},
          {"degree", record.degree},
          {"later_degree", record.later_degree},
          {"loss_at_origin", number(record.loss_at_origin, value_digits)},
          {"tolerance", number(record.tolerance, value_digits)},
          {"jumps", jumps},
          {"sequences", sequences}};
}

Json skeleton_plots(const RunData& run, std::size_t points) {
  if (!run.has_skeleton) return Json::object();
  Json plots{{"staircase", staircase_plot(staircase(run.skeleton, false), points)}};
  if (run.skeleton.later_degree != run.skeleton.degree)
    plots["later_staircase"] = staircase_plot(staircase(run.skeleton, true), points);
  return plots;
}

TimeAxis skeleton_time_axis(const RunData& run) {
  return first_time_axis(staircase(run.skeleton, false).runs);
}

}  // namespace saddleflow::report
