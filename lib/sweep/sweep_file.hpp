// The file of a sweep: a study, the axes along which its keys vary, and the tool that each run calls.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace saddleflow::sweep {

/// A key and its value as TOML.
using Setting = std::pair<std::string, std::string>;

/// A list of choices. Each choice gives a value, as TOML, to each of the keys: one key, or several that
/// change together.
struct Axis {
  std::vector<std::string> keys;
  std::vector<std::vector<std::string>> choices;
};

/// A value that is computed for each run. A list is computed element by element.
struct Computed {
  std::string key;
  bool list = false;
  std::vector<std::string> expressions;  ///< one, or those of the elements
};

/// A tool that is called on the file of a run when the run has ended.
struct FollowUp {
  std::string tool;
  std::vector<std::string> arguments;
};

/// The table [slurm].
struct SlurmSettings {
  double minutes_per_job = 10;  ///< what each job of the array is to last
  double seconds_per_run = 0;   ///< 0: take the runs that have finished
  std::string memory;           ///< of each job, as Slurm writes it; empty: take the runs that have finished
  std::int64_t most_jobs = 1000;     ///< in the array
  std::vector<std::string> options;  ///< further lines "#SBATCH ..." without that word
};

struct SweepFile {
  std::string path, text;
  std::string title;
  std::string study;  ///< path of the study file, relative to the current folder
  std::string tool = "sf-flow";
  std::vector<std::string> arguments;  ///< further arguments of the tool
  std::vector<Setting> set;            ///< for all runs
  std::vector<Axis> axes;              ///< in the order of the file
  std::vector<Computed> values;
  std::vector<FollowUp> then;
  SlurmSettings slurm;
};

/// Keys with a dot are keys of the study, names without one are for expressions only. InputError
/// "FILE:LINE: KEY: found ..., expected ..."; IoError if the file cannot be read.
SweepFile read_sweep(const std::string& path);

}  // namespace saddleflow::sweep
