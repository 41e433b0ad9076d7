#include "saddleflow/base/thin.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

using Curve = std::span<const double>;
using Rows = std::vector<std::size_t>;

/// Length of the abscissae's part of the arc: step index, time, log time.
constexpr double abscissa_length = 3;

/// Extent of a curve's values and of the logarithms of their magnitudes; zeros and non-finite values aside.
struct Extent {
  double linear = 0;
  double logarithmic = 0;
};

Extent extent(Curve curve) {
  double low = std::numeric_limits<double>::infinity(), high = -low, log_low = low, log_high = -low;
  for (const double y : curve) {
    if (!std::isfinite(y)) continue;
    low = std::min(low, y);
    high = std::max(high, y);
    if (y == 0) continue;
    log_low = std::min(log_low, std::log(std::abs(y)));
    log_high = std::max(log_high, std::log(std::abs(y)));
  }
  return {std::max(0.0, high - low), std::max(0.0, log_high - log_low)};
}

/// Largest movement from `a` to `b` as a fraction of the picture's height, over linear and logarithmic
/// pictures.
double movement(double a, double b, const Extent& e) {
  if (!std::isfinite(a) || !std::isfinite(b)) return 0;
  const double linear = e.linear > 0 ? std::abs(b - a) / e.linear : 0;
  const bool has_log = a != 0 && b != 0 && e.logarithmic > 0;
  return has_log ? std::max(linear, std::abs(std::log(std::abs(b)) - std::log(std::abs(a))) / e.logarithmic)
                 : linear;
}

/// Cumulative movement of the liveliest curve, scaled down to `abscissa_length` where it is longer.
std::vector<double> value_length(std::size_t count, const std::vector<Curve>& curves) {
  std::vector<double> length(count, 0.0);
  for (const Curve curve : curves) {
    const Extent e = extent(curve);
    for (std::size_t i = 1; i < count; ++i)
      length[i] = std::max(length[i], movement(curve[i - 1], curve[i], e));
  }
  std::partial_sum(length.begin(), length.end(), length.begin());
  if (length.back() > abscissa_length)
    for (double& l : length) l *= abscissa_length / length.back();
  return length;
}

void add_abscissae(Curve time, std::vector<double>& arc) {
  const std::size_t count = time.size();
  const double span = time.back() - time.front();
  const auto positive = std::find_if(time.begin(), time.end(), [](double t) { return t > 0; });
  const double log_first = positive == time.end() ? 0 : std::log(*positive);
  const double log_span = positive == time.end() ? 0 : std::log(time.back()) - log_first;
  // Times that a double does not hold, or whose difference it does not, say nothing of where a row lies.
  const bool linear = span > 0 && std::isfinite(span), logarithmic = log_span > 0 && std::isfinite(log_span);
  for (std::size_t i = 0; i < count; ++i) {
    arc[i] += static_cast<double>(i) / static_cast<double>(count - 1);
    if (linear) arc[i] += (time[i] - time.front()) / span;
    if (logarithmic && time[i] > 0) arc[i] += (std::log(time[i]) - log_first) / log_span;
  }
}

/// Rows of [first, last) that the straight line from `first` to `next` would hide in one curve.
void add_extremes(Curve curve, std::size_t first, std::size_t last, std::size_t next, Rows& rows) {
  std::size_t low = first, high = first, gap = last;
  for (std::size_t i = first; i < last; ++i) {
    if (!std::isfinite(curve[i])) {
      gap = std::min(gap, i);
      continue;
    }
    if (!(curve[low] <= curve[i])) low = i;
    if (!(curve[high] >= curve[i])) high = i;
  }
  if (gap != last) rows.push_back(gap);
  if (!(curve[low] >= std::min(curve[first], curve[next]))) rows.push_back(low);
  if (!(curve[high] <= std::max(curve[first], curve[next]))) rows.push_back(high);
}

/// What a bucket keeps at most: its ends, and of each curve its least and its largest value and a gap.
constexpr std::size_t rows_of_bucket = 2, rows_of_curve = 3;

Rows rows_of_buckets(const std::vector<double>& arc, const std::vector<Curve>& curves, std::size_t buckets) {
  const double width = arc.back() / static_cast<double>(buckets);
  const auto bucket = [&](std::size_t i) { return static_cast<std::size_t>(arc[i] / width); };
  const std::size_t count = arc.size();
  Rows rows;
  for (std::size_t first = 0; first < count;) {
    std::size_t last = first + 1;
    while (last < count && bucket(last) == bucket(first)) ++last;
    const std::size_t next = std::min(last, count - 1);
    rows.push_back(first);
    for (const Curve curve : curves) add_extremes(curve, first, last, next, rows);
    // A single step longer than a bucket: its foot is kept, or a plateau would turn into a ramp.
    if (last < count && bucket(last) > bucket(first) + 1) rows.push_back(last - 1);
    first = last;
  }
  rows.push_back(count - 1);
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

/// Fewer rows show no shape. When too many rows are left, buckets become fewer as they were too many, and by
/// this part more, so that it ends.
constexpr std::size_t fewest_rows = 16, part_more = 16;

void check_arguments(Curve time, const std::vector<Curve>& curves, std::size_t limit) {
  if (limit < fewest_rows)
    throw InputError(fmt::format("thin_rows: limit = {}, expected at least {}", limit, fewest_rows));
  for (std::size_t c = 0; c < curves.size(); ++c)
    if (curves[c].size() != time.size())
      throw InputError(
          fmt::format("thin_rows: curve {} has {} rows, expected {}", c, curves[c].size(), time.size()));
}

}  // namespace

Rows thin_rows(Curve time, const std::vector<Curve>& curves, std::size_t limit, const Rows& keep) {
  check_arguments(time, curves, limit);
  Rows rows(time.size());
  std::iota(rows.begin(), rows.end(), std::size_t(0));
  if (rows.size() <= limit) return rows;

  std::vector<double> arc = value_length(time.size(), curves);
  add_abscissae(time, arc);
  // So the last number of buckets always fits.
  const std::size_t fewest =
      std::max<std::size_t>(1, (limit - 1) / (rows_of_bucket + rows_of_curve * curves.size()));
  for (std::size_t buckets = limit;;
       buckets = std::max(fewest, buckets * limit / (rows.size() + limit / part_more))) {
    rows = rows_of_buckets(arc, curves, buckets);
    if (rows.size() <= limit || buckets <= fewest) break;
  }
  for (const std::size_t row : keep)
    if (row < time.size()) rows.push_back(row);
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

}  // namespace saddleflow
