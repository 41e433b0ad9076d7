// Integrate once more at a tenth of the tolerance and compare with the file.
#pragma once

#include <atomic>
#include <string>

#include "saddleflow/base/real.hpp"
#include "saddleflow/base/stop_reason.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

/// Differences between a stored run and the same study at rtol / 10.
struct Verification {
  /// Largest ||w - w'|| / ||w'|| over the stored snapshots, at the same time. Those of an event, and those
  /// after it, may be compared by the time since the event instead, if both runs have it at times that agree
  /// to 1e4 rtol: within a jump, which may be shorter than that, a path at a time is not known any better.
  Real path_error = 0;
  Real path_error_time = 0;       ///< where
  bool same_events = true;        ///< the same kinds in the same order
  Real event_time_error = 0;      ///< largest relative difference of event times, over the common beginning
  std::string first_difference;   ///< of the sequences; empty when same_events
  bool same_modes = true;         ///< the same kinks in the same order, where they are followed
  std::int64_t mode_changes = 0;  ///< of the run
  StopReason stop_reason;         ///< of the second run
  bool complete = true;           ///< false when the second run ended before the first (interrupted, failed)
};

/// `run_path`: a finished run of this study with snapshots of the weights.
Verification verify_run(const StudyTable& study, const std::string& run_path,
                        const std::atomic<bool>* interrupt);

}  // namespace saddleflow
