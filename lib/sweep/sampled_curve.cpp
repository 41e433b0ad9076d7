#include "sweep/sampled_curve.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace saddleflow::sweep {

namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

}  // namespace

double common_time(std::int64_t k) {
  return std::pow(10.0, static_cast<double>(k) / static_cast<double>(kTimesPerDecade));
}

std::int64_t last_index_to(double t) {
  auto k = static_cast<std::int64_t>(std::ceil(kTimesPerDecade * std::log10(t)));
  while (common_time(k) > t) --k;
  return k;
}

RunCurve::RunCurve(const std::vector<double>& times, const std::vector<double>& values,
                   const std::vector<double>& slopes) {
  for (std::size_t i = 0; i < times.size(); ++i) {
    const bool known =
        std::isfinite(times[i]) && std::isfinite(values[i]) && (slopes.empty() || std::isfinite(slopes[i]));
    if (!known || (!times_.empty() && times[i] <= times_.back())) continue;
    times_.push_back(times[i]);
    values_.push_back(values[i]);
    if (!slopes.empty()) slopes_.push_back(slopes[i]);
  }
}

double RunCurve::between(std::size_t row, double t) const {
  const double a = values_[row - 1], b = values_[row];
  const double h = times_[row] - times_[row - 1], s = (t - times_[row - 1]) / h;
  const double line = a + s * (b - a);
  if (slopes_.empty()) return line;
  // Hermite's basis.
  const double cubic =
      a + s * s * (3 - 2 * s) * (b - a) + h * s * (1 - s) * ((1 - s) * slopes_[row - 1] - s * slopes_[row]);
  return cubic >= std::min(a, b) && cubic <= std::max(a, b) ? cubic : line;
}

double RunCurve::at(double t) const {
  if (empty() || !(t >= times_.front()) || t > times_.back()) return kNoValue;
  const auto later = std::ranges::lower_bound(times_, t);
  const auto row = static_cast<std::size_t>(later - times_.begin());
  return *later == t ? values_[row] : between(row, t);
}

double RunCurve::falls_to(double level, double from, double to) const {
  const auto begin = std::ranges::lower_bound(times_, from);
  double before = from;
  for (auto it = begin; it != times_.end(); ++it) {
    const double until = std::min(*it, to);
    if (at(until) <= level) {
      double low = before, high = until;
      // Bisection halves the interval down to neighbouring numbers.
      while (true) {
        const double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) return high;
        (at(middle) <= level ? high : low) = middle;
      }
    }
    if (*it >= to) break;
    before = *it;
  }
  return kNoValue;
}

RunCurve RunCurve::until(double t) const {
  const auto rows = std::min(
      times_.size(), static_cast<std::size_t>(std::ranges::lower_bound(times_, t) - times_.begin()) + 1);
  const auto head = [rows](const std::vector<double>& all) {
    return std::vector<double>(all.begin(),
                               all.begin() + static_cast<std::ptrdiff_t>(std::min(rows, all.size())));
  };
  return {head(times_), head(values_), head(slopes_)};
}

double SampledCurve::at(std::int64_t k) const {
  if (k < first) return before.at(common_time(k));
  const std::int64_t place = k - first;
  return place < std::ssize(values) ? values[static_cast<std::size_t>(place)] : kNoValue;
}

SampledCurve sample(const RunCurve& curve, std::int64_t from) {
  SampledCurve found;
  found.first = from;
  if (curve.empty() || !(curve.last_time() > 0)) return found;
  found.before = curve.until(common_time(from));
  const std::int64_t last = last_index_to(curve.last_time());
  for (std::int64_t k = from; k <= last; ++k) found.values.push_back(curve.at(common_time(k)));
  return found;
}

}  // namespace saddleflow::sweep
