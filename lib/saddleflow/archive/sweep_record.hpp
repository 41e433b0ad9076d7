// What a collected file of sf-sweep holds: one row a run, with the axes of the sweep and what came of each
// run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "saddleflow/base/named_enum.hpp"

namespace saddleflow::archive {

/// What became of a run by the time of the collection.
enum class SweepState { missing, running, unfinished, finished, failed };

/// An axis is a key of the study that takes several values; a seed is one whose key ends in "seed", over
/// which statistics are taken; a value is computed from the others.
enum class SweepRole { axis, seed, value };

/// A column of the sweep itself, in the order of the file; numbers or texts, one entry a run.
struct SweepColumn {
  std::string name, key;  ///< "init_scale", "init.scale"
  SweepRole role = SweepRole::axis;
  bool is_text = false;
  std::vector<double> numbers;
  std::vector<std::string> texts;
};

/// One number a run; NaN where it is not known.
struct SweepScalar {
  std::string name, long_name;
  std::vector<double> values;
};

/// `width` numbers a run, row-major; NaN from the last one known on.
struct SweepTable {
  std::int64_t width = 0;
  std::vector<double> values;
};

/// Several numbers a run that have no place of their own below: of each hidden layer, of each KKT point.
struct SweepList {
  std::string name, long_name;
  SweepTable table;
};

struct SweepRecord {
  std::string path, title, history, tool;
  std::string sweep, study;  ///< texts of the two files
  std::vector<double> run;   ///< numbers of the runs
  std::vector<std::string> name, message, stop_reason;
  std::vector<SweepState> state;
  std::vector<SweepColumn> columns;
  std::vector<SweepScalar> scalars;
  std::vector<SweepList> lists;
  /// Visits of critical points, all of one width; 0 where no run has one.
  SweepTable visit_loss, visit_time, visit_enter, visit_leave, visit_depth;
  SweepTable jump_time;
  std::vector<double> curve_time;  ///< common to the curves, ascending
  /// runs x curve_time; the last two may have the width 0, all of them where no run has a path.
  SweepTable loss_curve, weight_norm_curve, test_loss_curve;
};

}  // namespace saddleflow::archive

namespace saddleflow {

template <>
inline constexpr auto enum_table<archive::SweepState> =
    named_enum<archive::SweepState>("state of a run", {{archive::SweepState::missing, "missing"},
                                                       {archive::SweepState::running, "running"},
                                                       {archive::SweepState::unfinished, "unfinished"},
                                                       {archive::SweepState::finished, "finished"},
                                                       {archive::SweepState::failed, "failed"}});

template <>
inline constexpr auto enum_table<archive::SweepRole> =
    named_enum<archive::SweepRole>("role of a column", {{archive::SweepRole::axis, "axis"},
                                                        {archive::SweepRole::seed, "seed"},
                                                        {archive::SweepRole::value, "value"}});

}  // namespace saddleflow
