// Runs a sweep: a process for each run, several at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sweep/job_record.hpp"
#include "sweep/run_list.hpp"
#include "sweep/sweep_file.hpp"

namespace saddleflow::sweep {

struct SweepProgress {
  std::int64_t total = 0, finished = 0, failed = 0, running = 0;
  std::int64_t elsewhere = 0;  ///< runs of another process, which is waited for
  /// Wall seconds left. NaN until enough runs have ended to know their mean to within a third.
  double seconds_left = 0;
};

struct FailedRun {
  std::int64_t number = 0;
  std::string name;
  std::int64_t status = -1;
  std::string message;
};

struct SweepOptions {
  std::string folder;    ///< of the runs; made if it is missing
  std::string programs;  ///< folder of the tools
  int jobs = 1;          ///< processes at a time
  /// No other process has begun or will begin these runs, as in a job of an array. Where locks cannot tell, a
  /// run that has been begun on another machine is then taken over.
  bool own = false;
  std::vector<std::int64_t> numbers;                        ///< the runs
  std::function<void(const SweepProgress&)> progress = {};  ///< called about five times a second
  std::function<void(const FailedRun&)> on_failure = {};    ///< called when a run fails
  const std::atomic<bool>* interrupt = nullptr;
};

struct SweepOutcome {
  std::int64_t finished = 0;    ///< earlier ones included
  std::int64_t earlier = 0;     ///< that had finished before
  std::int64_t unfinished = 0;  ///< left by an interrupt
  std::vector<FailedRun> failed;
  double cpu_seconds = 0;      ///< of all processes that this call has started
  double own_cpu_seconds = 0;  ///< of this process
};

/// Starts every run that has not finished, or goes on with it. A run that fails does not stop the others.
/// Each run has the files NAME.h5 (the output of its tool), NAME.log and NAME.job in the folder. The order is
/// that of a sample: an early look shows all corners of the sweep, and the time left can be estimated. Runs
/// that another process has begun are waited for. An interrupt is passed on to the processes, which write
/// their checkpoints. Throws InputError, IoError for what concerns the whole sweep.
SweepOutcome run_sweep(const SweepFile& sweep, const RunList& runs, const SweepOptions& options);

/// The folder of the runs, if it is missing. IoError.
void make_folder(const std::string& folder);

/// Of a run now: its record, with the state that it stands for. "missing" without a record; "unfinished" if
/// the record is of other settings than those of today; "running" also if the run was begun on another
/// machine and has not ended.
JobRecord look_up(const std::string& stem, const std::string& output, const std::string& fingerprint);

/// Whether a process writes the file. False where locks cannot tell.
bool is_written(const std::string& output);

}  // namespace saddleflow::sweep
