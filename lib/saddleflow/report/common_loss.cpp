#include "saddleflow/report/common_loss.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/base/thin.hpp"

namespace saddleflow::report {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

Column union_of_times(const std::vector<RunData>& runs, std::size_t points) {
  Column times;
  for (const RunData& run : runs) {
    if (run.loss.empty()) continue;
    for (const std::size_t row : thin_rows(run.time, {run.loss}, points)) times.push_back(run.time[row]);
  }
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

/// Row `i` is the first after `time`.
double between_rows(const RunData& run, std::size_t i, double time) {
  const double a = run.loss[i - 1], b = run.loss[i];
  const double share = (time - run.time[i - 1]) / (run.time[i] - run.time[i - 1]);
  if (share == 0) return a;
  return a > 0 && b > 0 ? a * std::pow(b / a, share) : a + share * (b - a);
}

double loss_at(const RunData& run, double time) {
  if (run.loss.empty() || time < run.time.front() || time > run.time.back()) return unknown;
  const auto after = std::upper_bound(run.time.begin(), run.time.end(), time);
  if (after == run.time.end()) return run.loss.back();
  return between_rows(run, static_cast<std::size_t>(after - run.time.begin()), time);
}

/// Appends what `values` have in common; they are sorted.
void add_summary(std::vector<double>& values, CommonLoss& out) {
  std::sort(values.begin(), values.end());
  const std::size_t count = values.size(), middle = count / 2;
  const bool none = count == 0;
  out.lowest.push_back(none ? unknown : values.front());
  out.highest.push_back(none ? unknown : values.back());
  if (none)
    out.median.push_back(unknown);
  else
    out.median.push_back(count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2);
}

}  // namespace

CommonLoss common_losses(const std::vector<RunData>& runs, std::size_t points) {
  CommonLoss out;
  out.time = union_of_times(runs, points);
  for (const RunData& run : runs) {
    Column column;
    column.reserve(out.time.size());
    for (const double time : out.time) column.push_back(loss_at(run, time));
    out.loss.push_back(std::move(column));
  }
  std::vector<double> values;
  for (std::size_t i = 0; i < out.time.size(); ++i) {
    values.clear();
    for (const Column& column : out.loss)
      if (std::isfinite(column[i])) values.push_back(column[i]);
    add_summary(values, out);
  }
  return out;
}

}  // namespace saddleflow::report
