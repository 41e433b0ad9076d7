// One gradient-flow run from a study to its file: the main job.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/base/real.hpp"
#include "saddleflow/base/workers.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

/// What a progress line shows.
struct Progress {
  Real time = 0, t_end = 0;
  Real loss = 0, weight_norm = 0;
  std::int64_t steps = 0, events = 0;
  /// Wall seconds left, from a speed that has been steady for two looks; NaN where there is no honest
  /// estimate.
  double seconds_left = 0;
};

struct FlowRunOptions {
  std::string output;
  std::string command;  ///< for the file's history
  bool overwrite = false;
  bool resume = false;  ///< see plan_continuation(); without a file, begin
  std::function<void(const std::string& what)> note =
      {};                                         ///< told why a run is integrated from the start again
  std::function<void(const Progress&)> progress;  ///< called about twice a second
  const std::atomic<bool>* interrupt = nullptr;
  /// Threads that share the passes of a large network; null: the caller's alone. The file has the same bits
  /// whatever their number.
  Workers* workers = nullptr;
};

/// Runs or, with `resume`, goes on from the checkpoint beside the file: bit by bit as if the run had never
/// stopped, and as if its present stop had been asked for at once (Continuation). A finished run of the same
/// study is left as it is, another study is refused. Returns how the run stopped and what it cost. Throws
/// InputError, IoError; a numerical failure of the integration is a stop reason
/// ("nonfinite", "step_underflow", "sliding_unresolved", "projection", "numerical_error"), as is a gauge
/// beyond its bound ("balance_drift", "energy_drift", "loss_rise", see PathBounds), with a whole, readable
/// file.
archive::RunSummary run_flow(const StudyTable& study, const FlowRunOptions& options);

}  // namespace saddleflow
