// A sweep as an array of Slurm jobs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sweep/collect.hpp"
#include "sweep/sweep_file.hpp"

namespace saddleflow::sweep {

/// How the runs are shared out.
struct SlurmPlan {
  std::int64_t runs = 0;    ///< that have not finished
  std::int64_t chunks = 1;  ///< jobs of the array
  double seconds_per_run = 0;
  double minutes_per_job = 0;   ///< as it is expected
  std::int64_t time_limit = 0;  ///< minutes
  std::string memory;
};

/// From [slurm] and, for what it leaves open, from the runs that have finished: their mean time, and their
/// largest memory. InputError if neither says how long a run takes.
SlurmPlan plan_slurm(const SweepFile& sweep, const std::vector<RunStatus>& runs);

/// The script for sbatch. Each job works on one chunk. At the time limit, or if its node fails, it writes its
/// checkpoints and is queued again; scancel ends it for good. Paths are absolute.
std::string slurm_script(const SweepFile& sweep, const SlurmPlan& plan, const std::string& folder,
                         const std::string& program);

/// Writes it to FOLDER/sweep.slurm and returns that path. The folder is made if it is missing. IoError.
std::string write_slurm_script(const SweepFile& sweep, const SlurmPlan& plan, const std::string& folder,
                               const std::string& program);

/// The number of the job. IoError with what sbatch has said.
std::string submit(const std::string& script);

}  // namespace saddleflow::sweep
