#include "saddleflow/report/time_axis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/report/json_parts.hpp"

namespace saddleflow::report {

namespace {

// A linear axis is kept as long as it does not leave three quarters of the page without anything to see. A
// waiting time of that size before the first jump is a finding; of ten times the size it is blank paper.
constexpr double kLeastShare = 0.25;
// The ends of the fall do not count: a slow tail to the rounding floor may take all of the run.
constexpr double kFallBegins = 0.05, kFallEnds = 0.95;

/// From the first to the last thing that happens; empty at first.
struct Stretch {
  double first = std::numeric_limits<double>::infinity(), last = -first;
  bool empty() const { return !(first <= last); }
  void add(double time) {
    if (!std::isfinite(time)) return;
    first = std::min(first, time);
    last = std::max(last, time);
  }
};

/// Times between which the loss falls. It may rise: where a network grows.
void add_fall(const RunData& run, Stretch& stretch) {
  Column lowest;  // logarithm of the least loss so far, while it is positive
  for (const double loss : run.loss) {
    if (!(loss > 0) || !std::isfinite(loss)) break;
    lowest.push_back(lowest.empty() ? std::log(loss) : std::min(lowest.back(), std::log(loss)));
  }
  if (lowest.empty() || !(lowest.back() < lowest.front())) return;
  const auto time_of = [&](double share) {
    const double level = lowest.front() + share * (lowest.back() - lowest.front());
    const auto row = std::find_if(lowest.begin(), lowest.end(), [&](double l) { return l <= level; });
    return run.time[static_cast<std::size_t>(row - lowest.begin())];
  };
  stretch.add(time_of(kFallBegins));
  stretch.add(time_of(kFallEnds));
}

void add_moments(const RunData& run, Stretch& stretch) {
  const auto add = [&](double time) {
    if (time < run.time.back()) stretch.add(time);
  };
  for (const Event& event : run.events) add(event.time);
  for (const Saddle& visit : run.saddles)
    for (const double time : {visit.enter_time, visit.closest_time, visit.leave_time}) add(time);
  for (const archive::RoundRow& round : run.rounds)
    if (round.first_time >= 0) add(run.time[static_cast<std::size_t>(round.first_time)]);
}

/// Share of an axis from `begin` to `end` that the stretch takes.
double share(double first, double last, double begin, double end) {
  return end > begin ? (last - first) / (end - begin) : 1;
}

/// What the runs have in common.
struct AxisExtent {
  Stretch happening;
  double begin = std::numeric_limits<double>::infinity(), end = -begin;
  double positive = begin;  ///< first time of a logarithmic axis

  void add(const RunData& run) {
    if (run.time.empty()) return;
    add_fall(run, happening);
    add_moments(run, happening);
    begin = std::min(begin, run.time.front());
    end = std::max(end, run.time.back());
    const auto first = std::find_if(run.time.begin(), run.time.end(), [](double t) { return t > 0; });
    if (first != run.time.end()) positive = std::min(positive, *first);
  }
  bool linear_is_enough() const {
    return happening.empty() || share(happening.first, happening.last, begin, end) >= kLeastShare;
  }
  double log_share() const {
    const auto log = [&](double time) { return std::log(std::max(time, positive)); };
    return share(log(happening.first), log(happening.last), log(begin), log(end));
  }
  double linear_share() const { return share(happening.first, happening.last, begin, end); }
};

}  // namespace

TimeAxis first_time_axis(const RunData& run) {
  AxisExtent extent;
  extent.add(run);
  if (extent.linear_is_enough()) return TimeAxis::linear;
  const double steps = share(step_at(run, extent.happening.first), step_at(run, extent.happening.last),
                             step_at(run, extent.begin), step_at(run, extent.end));
  const double best = std::max(steps, extent.log_share());
  if (best <= extent.linear_share()) return TimeAxis::linear;
  return steps > extent.log_share() ? TimeAxis::steps : TimeAxis::log;
}

TimeAxis first_time_axis(const std::vector<RunData>& runs) {
  AxisExtent extent;
  for (const RunData& run : runs) extent.add(run);
  if (extent.linear_is_enough() || extent.log_share() <= extent.linear_share()) return TimeAxis::linear;
  return TimeAxis::log;
}

}  // namespace saddleflow::report
