// The run as the page's script reads it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "saddleflow/archive/sweep_record.hpp"
#include "saddleflow/report/run_data.hpp"

namespace saddleflow::report {

/// As many as a wide picture has pixels.
inline constexpr std::size_t kPointsOfCurve = 2000;

/// JSON text (one object). Curves are thinned to `points` rows (fewer where many curves share a plot), values
/// are rounded to 6 digits, times to 12. Non-finite numbers become null: the page draws a gap there. Throws
/// InputError as check() does.
std::string to_json(const RunData& run, std::size_t points = kPointsOfCurve);

/// Several runs of one problem: their losses at common times with median and range, and all visits.
/// InputError also where one has no trajectory.
std::string to_json(const std::vector<RunData>& runs, std::size_t points = kPointsOfCurve);

/// A collected sweep: its axes, results, visits and curves, run by run. Of the curves about `points` times
/// are kept, fewer where the runs are many.
std::string to_json(const archive::SweepRecord& sweep, std::size_t points = kPointsOfCurve);

}  // namespace saddleflow::report
