// A quantity along a run at times that all runs share.
#pragma once

#include <cstdint>
#include <vector>

namespace saddleflow::sweep {

/// The common times are 10^(k / 60) for integers k.
inline constexpr int kTimesPerDecade = 60;
double common_time(std::int64_t k);
/// The largest k whose time is not above t > 0.
std::int64_t last_index_to(double t);

/// A function of time between the rows of a run. Between two rows it is the cubic with the given slopes at
/// both rows, or the straight line if there are none or if the cubic leaves the range of the two values. For
/// the loss along a flow the slope is -|grad L|^2.
class RunCurve {
 public:
  /// As long as one another; `slopes` may be empty. Times do not decrease. Rows that are not finite are left
  /// out.
  RunCurve(const std::vector<double>& times, const std::vector<double>& values,
           const std::vector<double>& slopes = {});

  bool empty() const { return times_.empty(); }
  double first_time() const { return times_.front(); }
  double last_time() const { return times_.back(); }
  double first_value() const { return values_.front(); }
  double last_value() const { return values_.back(); }
  /// NaN outside of the rows.
  double at(double t) const;
  /// The first time in [from, to] at which the value is not above `level`; NaN if there is none.
  double falls_to(double level, double from, double to) const;
  /// Its rows up to the first one that is not before t.
  RunCurve until(double t) const;

 private:
  double between(std::size_t row, double t) const;  // `row` is the later one

  std::vector<double> times_, values_, slopes_;
};

/// The values of a curve at the common times from index `first` on, and its few rows before. Runs of other
/// scales change many decades earlier.
struct SampledCurve {
  RunCurve before = RunCurve({}, {});
  std::int64_t first = 0;
  std::vector<double> values;

  /// NaN where the curve has no value.
  double at(std::int64_t k) const;
};

/// Sampled from index `from` on.
SampledCurve sample(const RunCurve& curve, std::int64_t from);

}  // namespace saddleflow::sweep
