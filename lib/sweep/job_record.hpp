// What became of a run: the small file NAME.job beside its output.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "saddleflow/archive/sweep_record.hpp"

namespace saddleflow::sweep {

/// missing: not begun. running: begun by a process that lives, or that may live on another machine.
/// unfinished: interrupted or killed; it goes on with the next start. failed: a call ended with a status that
/// is no success.
using RunState = archive::SweepState;

struct JobRecord {
  RunState state = RunState::missing;
  /// Of everything that the run depends on: study, overrides, data files, calls.
  std::string fingerprint;
  std::string command;                  ///< the call that ended last, as one can type it
  std::int64_t status = -1;             ///< of that call; -1: not known
  std::string message;                  ///< why it failed
  std::int64_t attempts = 0;            ///< how often the run was begun
  double seconds = 0, cpu_seconds = 0;  ///< of all attempts: wall time, processor time of the tools
  double peak_mb = 0;                   ///< largest memory of a tool
  std::string host;                     ///< where it was begun last
  std::int64_t pid = 0;                 ///< of the sweep that began it
};

/// None if there is no such file, or if it is no record (a machine went down while it was written).
std::optional<JobRecord> read_record(const std::string& path);
/// In one step, so that readers see the old record or the new one. On a full disk in place of the old one.
/// IoError.
void write_record(const std::string& path, const JobRecord& record);

/// The state that a record stands for now: a running one is unfinished if its process is gone from this
/// machine.
RunState present_state(const JobRecord& record);

/// Of this machine.
std::string host_name();

}  // namespace saddleflow::sweep
