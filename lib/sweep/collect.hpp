// The table of a sweep: one file with a row for every run.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "saddleflow/archive/table_file.hpp"
#include "sweep/job_record.hpp"
#include "sweep/run_list.hpp"
#include "sweep/sweep_file.hpp"

namespace saddleflow::sweep {

/// The format of the file, in its attribute `sweep_format`.
inline constexpr const char* kSweepFormat = "1.0";

/// A run with what has become of it.
struct RunStatus {
  Run run;
  JobRecord record;
  bool present = false;  ///< the record is of today's settings
};

/// Of each of these runs now. IoError, InputError for a study that cannot be read.
std::vector<RunStatus> survey(const SweepFile& sweep, const RunList& runs, const std::string& folder,
                              const std::vector<std::int64_t>& numbers);

struct Collected {
  archive::TableFile table;
  std::vector<std::string> unread;  ///< runs that have finished, but whose files could not be read: why
};

/// The collected file (output/README.md, "Sweeps"): rows for all runs, those that are missing or have failed
/// included. The numbers are those of the run files: the same for the same runs, whatever order and
/// interruptions they were made with. None if `interrupt` was set.
std::optional<Collected> collect(const SweepFile& sweep, const std::vector<RunStatus>& runs,
                                 const std::string& folder, const std::string& command,
                                 const std::atomic<bool>* interrupt = nullptr);

}  // namespace saddleflow::sweep
