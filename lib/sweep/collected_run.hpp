// What a collected file says about one run.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sweep/collect.hpp"
#include "sweep/job_record.hpp"
#include "sweep/run_list.hpp"
#include "sweep/sampled_curve.hpp"

namespace saddleflow::sweep {

/// A number with what it means.
struct CollectedNumber {
  std::string long_name;
  double value = 0;
};

/// Numbers along an axis of their own, whose length differs from run to run: "visit", "jump", "round".
struct CollectedList {
  std::string axis, long_name;
  std::vector<double> values;
};

/// Numbers that every collected file has, be it with NaN alone: name and long name.
extern const std::map<std::string, std::string> kPathNumbers;

struct CollectedRun {
  Run run;
  JobRecord record;
  std::string stop_reason;                         ///< empty without a file
  std::map<std::string, CollectedNumber> numbers;  ///< by name; what a run lacks is NaN in the file
  std::map<std::string, CollectedList> lists;
  std::map<std::string, SampledCurve> curves;  ///< loss_curve, weight_norm_curve, test_loss_curve
  /// Index of the common time at which the loss begins to change visibly, and of the last one.
  std::int64_t first_time = 0, last_time = -1;
};

/// Reads the files of a run: that of the tool, and those of the tools that follow. A run whose files are of
/// other settings, or cannot be read, has no numbers, and its record says why.
CollectedRun collect_run(const SweepFile& sweep, const RunStatus& status, const std::string& stem);

}  // namespace saddleflow::sweep
