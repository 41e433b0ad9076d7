#include "sweep/slurm.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "saddleflow/archive/output_lock.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/output_path.hpp"
#include "sweep/runner.hpp"
#include "sweep/shell_word.hpp"

namespace saddleflow::sweep {

namespace {

// Runs differ, and so do nodes: a job may take this many times as long as expected, and never less than this.
constexpr double kTimeMargin = 3;
constexpr std::int64_t kLeastMinutes = 5;
// Slurm counts minutes in 32 bits.
constexpr double kMostMinutes = 4e9;
// Of the largest memory seen.
constexpr double kMemoryMargin = 1.5;
constexpr double kLeastMemory = 200;  // MB
constexpr const char* kUnknownMemory = "1G";
// A run writes its checkpoint at the next step; a job of many small processes needs some seconds for all of
// them.
constexpr int kSecondsToStop = 60;

std::string absolute(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

}  // namespace

SlurmPlan plan_slurm(const SweepFile& sweep, const std::vector<RunStatus>& runs) {
  SlurmPlan plan;
  double seconds = 0, largest = 0;
  std::int64_t finished = 0;
  for (const RunStatus& status : runs) {
    if (status.record.state != RunState::finished) {
      ++plan.runs;
      continue;
    }
    ++finished;
    seconds += status.record.seconds;
    largest = std::max(largest, status.record.peak_mb);
  }
  const SlurmSettings& settings = sweep.slurm;
  if (settings.seconds_per_run == 0 && finished == 0)
    throw InputError(
        fmt::format("{}: slurm.seconds_per_run: found none, and no run that has finished; expected one "
                    "of them, for example after --index 1",
                    sweep.path));
  plan.seconds_per_run =
      settings.seconds_per_run > 0 ? settings.seconds_per_run : seconds / static_cast<double>(finished);
  const double all = plan.seconds_per_run * static_cast<double>(plan.runs);
  const double jobs = std::clamp(std::floor(all / (60 * settings.minutes_per_job)), 1.0,
                                 static_cast<double>(settings.most_jobs));
  plan.chunks = std::max<std::int64_t>(1, std::min(static_cast<std::int64_t>(jobs), plan.runs));
  plan.minutes_per_job = all / 60 / static_cast<double>(plan.chunks);
  if (!(kTimeMargin * plan.minutes_per_job <= kMostMinutes))
    throw InputError(fmt::format("{}: slurm: found jobs of {:.3g} minutes, expected at most {:.3g}",
                                 sweep.path, plan.minutes_per_job, kMostMinutes / kTimeMargin));
  plan.time_limit =
      std::max(kLeastMinutes, static_cast<std::int64_t>(std::ceil(kTimeMargin * plan.minutes_per_job)));
  if (!settings.memory.empty())
    plan.memory = settings.memory;
  else if (finished > 0)
    plan.memory = fmt::format("{:.0f}M", std::max(kLeastMemory, std::ceil(kMemoryMargin * largest)));
  else
    plan.memory = kUnknownMemory;
  return plan;
}

std::string slurm_script(const SweepFile& sweep, const SlurmPlan& plan, const std::string& folder,
                         const std::string& program) {
  std::string options;
  for (const std::string& option : sweep.slurm.options) options += fmt::format("#SBATCH {}\n", option);
  const std::string name = std::filesystem::path(sweep.path).stem().string();
  return fmt::format(
      R"(#!/bin/bash
# {runs} runs in {chunks} jobs of about {minutes:.1f} minutes. Written by sf-sweep --slurm.
#SBATCH --job-name={name}
#SBATCH --array=1-{chunks}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --time={limit}
#SBATCH --mem={memory}
#SBATCH --output="{folder}/slurm-%a.out"
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:USR1@{stop}
{options}
# USR1 comes {stop} s before the time limit: stop cleanly and go on in a new job. TERM is that of scancel: stop.
again=no
trap 'again=yes; kill -TERM "$sweep"' USR1
trap 'kill -TERM "$sweep"' TERM
cd {here}
{program} {file} -o {plain} --chunk "$SLURM_ARRAY_TASK_ID/{chunks}" --jobs "${{SLURM_CPUS_PER_TASK:-1}}" &
sweep=$!
wait "$sweep"
status=$?
# A trap ends the wait before the sweep has ended.
while kill -0 "$sweep" 2>/dev/null; do
  wait "$sweep"
  status=$?
done
if [ "$again" = yes ] && [ "$status" -ne 0 ]; then
  # The new turn begins with the end of this one, which Slurm brings about.
  trap - TERM
  scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}" && sleep 60
fi
exit "$status"
)",
      fmt::arg("runs", plan.runs), fmt::arg("chunks", plan.chunks), fmt::arg("minutes", plan.minutes_per_job),
      fmt::arg("name", shell_word(name)), fmt::arg("limit", plan.time_limit), fmt::arg("memory", plan.memory),
      fmt::arg("folder", absolute(folder)), fmt::arg("stop", kSecondsToStop), fmt::arg("options", options),
      fmt::arg("here", shell_word(absolute("."))), fmt::arg("program", shell_word(absolute(program))),
      fmt::arg("file", shell_word(absolute(sweep.path))), fmt::arg("plain", shell_word(absolute(folder))));
}

std::string write_slurm_script(const SweepFile& sweep, const SlurmPlan& plan, const std::string& folder,
                               const std::string& program) {
  make_folder(folder);
  const std::string path = (std::filesystem::path(folder) / "sweep.slurm").string();
  const archive::OutputLock mine(path);
  write_output(path, slurm_script(sweep, plan, folder, program), ExistingFile::replace);
  return path;
}

std::string submit(const std::string& script) {
  FILE* pipe = popen(("sbatch --parsable " + shell_word(script) + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw IoError("sbatch: cannot be started");
  std::string said;
  std::array<char, 256> block{};
  while (std::fgets(block.data(), block.size(), pipe) != nullptr) said += block.data();
  const int status = pclose(pipe);
  while (said.ends_with('\n')) said.pop_back();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw IoError(fmt::format("{}: sbatch failed: {}", script, said));
  return said;
}

}  // namespace saddleflow::sweep
