// sf-sweep: many runs of one study, with a table of their results.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "interrupt.hpp"
#include "messages.hpp"
#include "saddleflow/archive/table_file.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/workers.hpp"
#include "sweep/collect.hpp"
#include "sweep/runner.hpp"
#include "sweep/slurm.hpp"

namespace {

using namespace saddleflow;
using namespace saddleflow::tools;

struct Arguments {
  std::string file, folder, chunk, collected;
  std::int64_t jobs = 0, index = 0;
  bool list = false, status = false, collect = false, slurm = false, submit = false, force = false,
       quiet = false;
};

constexpr std::int64_t kMostJobs = 4096;  // processes of one machine

void add_options(CommandLine& line, Arguments& a) {
  line.required("sweep", a.file, "file of the sweep (TOML)", "SWEEP.toml");
  line.text("-o,--output", a.folder,
            "folder for the runs (default: the name of the sweep without its ending, in the current folder)",
            "FOLDER");
  line.integer("-j,--jobs", a.jobs, "number of runs at a time, one core each (default: one per core)", "N", 1,
               kMostJobs);
  line.integer("--index", a.index, "only run number K, counted from 1", "K", 1, 1'000'000);
  line.text("--chunk", a.chunk, "only the runs I, I+N, I+2N, ..., for jobs of an array; I is 1 to N", "I/N");
  line.flag("--list", a.list, "print the runs with their settings, and exit");
  line.flag("--status", a.status, "print what has become of the runs, and exit");
  line.flag("--collect", a.collect, "write the table of all runs instead of running them");
  line.text("--collected", a.collected, "with --collect: file for the table (default: FOLDER/collected.h5)",
            "FILE");
  line.flag("--slurm", a.slurm,
            "write FOLDER/sweep.slurm, an array of jobs for the runs that have not finished");
  line.flag("--submit", a.submit, "with --slurm: also submit it with sbatch");
  line.flag("-q,--quiet", a.quiet, "print errors and failed runs only");
  line.note(
      "A sweep is a study and axes along which its keys vary. Every combination is a run: NAME.h5 in the "
      "folder is "
      "its file, NAME.log what its tool has printed, NAME.job what has become of it. NAME says the values of "
      "the "
      "axes, and stays the same when values are added. The same command starts a sweep and continues it: "
      "finished "
      "runs are skipped, interrupted and killed ones resumed, failed ones tried again. A run that fails does "
      "not "
      "stop the others.");
  line.note("A file of a sweep:");
  line.example("study = \"toy.toml\"                  # relative to this file");
  line.example("tool = \"sf-flow\"                    # the default");
  line.example("[set]                               # keys of the study, for all runs");
  line.example("\"output.weights\" = \"events\"");
  line.example("[axes]                              # every combination of these");
  line.example("\"init.scale\" = { logspace = [1e-4, 1e-1], count = 4 }");
  line.example("width = [4, 8]                      # a name of your own, for [values]");
  line.example("\"init.seed\" = { seeds = 10 }");
  line.example("[values]                            # computed for every run");
  line.example("\"flow.t_end\" = \"30 / init.scale\"");
  line.example("\"network.layers\" = [2, \"width\", 1]");
  line.note(
      "Further tables: [[zip]] for keys that change together, [[then]] for tools that are called on the file "
      "of "
      "each run, [slurm] for arrays of jobs. tools/README.md, \"Sweeps\", describes all of them.");
  line.exit_status_note(
      "0 means that all runs have finished, or all of the chunk; 3 that at least one has failed. Every "
      "failed run "
      "is named with its message, and so is with --collect a finished one that cannot be read. A sweep that "
      "was interrupted continues with the same command.");
}

void complete(Arguments& a) {
  const std::array<std::pair<bool, std::string_view>, 4> modes{
      {{a.list, "--list"}, {a.status, "--status"}, {a.collect, "--collect"}, {a.slurm, "--slurm"}}};
  std::string_view chosen;
  for (const auto& [set, name] : modes) {
    if (set && !chosen.empty()) throw InputError(fmt::format("{} and {} exclude each other", chosen, name));
    if (set) chosen = name;
  }
  if (a.index > 0 && !a.chunk.empty()) throw InputError("--index and --chunk exclude each other");
  if ((a.collect || a.slurm) && (a.index > 0 || !a.chunk.empty()))
    throw InputError(fmt::format("{}: takes all runs, expected neither --index nor --chunk", chosen));
  if (a.submit && !a.slurm) throw InputError("--submit: --slurm is required");
  if (!a.collected.empty() && !a.collect) throw InputError("--collected: --collect is required");
  if (a.folder.empty()) a.folder = std::filesystem::path(a.file).stem().string();
  if (a.jobs == 0) a.jobs = Workers::all_cores();
}

std::vector<std::int64_t> chosen_runs(const Arguments& a, const sweep::RunList& runs) {
  if (a.index > 0) {
    runs.run(a.index);  // refuses what is not there
    return {a.index};
  }
  std::int64_t index = 1, count = 1;
  if (!a.chunk.empty()) {
    const char* end = a.chunk.data() + a.chunk.size();
    const auto first = std::from_chars(a.chunk.data(), end, index);
    const bool slash = first.ec == std::errc() && first.ptr != end && *first.ptr == '/';
    const auto second = slash ? std::from_chars(first.ptr + 1, end, count) : first;
    if (!slash || second.ec != std::errc() || second.ptr != end || index < 1 || index > count)
      throw InputError(fmt::format("--chunk: found \"{}\", expected I/N with I from 1 to N", a.chunk));
  }
  return sweep::chunk(runs.size(), index, count);
}

std::string duration(double seconds) {
  if (seconds < 90) return fmt::format("{:.0f} s", seconds);
  if (seconds < 5400) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

std::string in_words(const sweep::SweepProgress& p) {
  std::string line = fmt::format("{} of {} runs finished", p.finished, p.total);
  if (p.failed > 0) line += fmt::format(", {} failed", p.failed);
  line += fmt::format(", {} running", p.running);
  if (p.running == 0 && p.elsewhere > 0)
    line += fmt::format(", waiting for {} of another process", p.elsewhere);
  if (std::isfinite(p.seconds_left)) line += fmt::format(", about {} left", duration(p.seconds_left));
  return line;
}

/// On a terminal a line that changes; else a line every half minute, if something has changed.
class ProgressLines {
 public:
  void operator()(const sweep::SweepProgress& p) {
    if (terminal_) {
      say(fmt::format("\r\033[K{}", in_words(p)));
      return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < kSilence) return;
    last_ = now;
    say(fmt::format("{}\n", in_words(p)));
  }
  void clear() const {
    if (terminal_) say("\r\033[K");
  }

 private:
  static constexpr std::chrono::seconds kSilence{30};  // a log of a day stays readable
  bool terminal_ = isatty(STDERR_FILENO) != 0;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

std::string in_words(const sweep::FailedRun& run) {
  const std::string status = run.status >= 0 ? fmt::format(" with status {}", run.status) : "";
  return fmt::format("run {} ({}) failed{}: {}", run.number, run.name, status, run.message);
}

int run_all(const Arguments& a, const sweep::SweepFile& file, const sweep::RunList& runs) {
  ProgressLines progress;
  sweep::SweepOptions options;
  options.folder = a.folder;
  options.programs = std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
  options.jobs = static_cast<int>(a.jobs);
  options.numbers = chosen_runs(a, runs);
  options.own = a.index > 0 || !a.chunk.empty();
  options.interrupt = &interrupted;
  if (!a.quiet) options.progress = [&](const sweep::SweepProgress& p) { progress(p); };
  options.on_failure = [&](const sweep::FailedRun& run) {
    if (!a.quiet) progress.clear();
    complain("sf-sweep", fmt::format("{}", in_words(run)));
  };
  const sweep::SweepOutcome end = sweep::run_sweep(file, runs, options);
  if (!a.quiet) {
    progress.clear();
    const std::string earlier = end.earlier > 0 ? fmt::format(" ({} of them earlier)", end.earlier) : "";
    fmt::print("runs:    {} finished{}, {} failed, {} unfinished, in {}\n", end.finished, earlier,
               end.failed.size(), end.unfinished, a.folder);
    fmt::print("work:    {:.2f} s of processor time in the tools, {:.2f} s in sf-sweep\n", end.cpu_seconds,
               end.own_cpu_seconds);
    for (const sweep::FailedRun& run : end.failed) fmt::print("failed:  {}\n", in_words(run));
    if (end.unfinished == 0) fmt::print("next:    sf-sweep {} -o {} --collect\n", a.file, a.folder);
  }
  if (interrupted) return 130;
  if (end.unfinished > 0) {
    complain("sf-sweep", fmt::format("{} runs were interrupted from outside; the same command continues them",
                                     end.unfinished));
    return 130;
  }
  return end.failed.empty() ? 0 : 3;
}

int list(const sweep::RunList& runs, const std::vector<std::int64_t>& numbers) {
  for (const std::int64_t number : numbers) {
    const sweep::Run run = runs.run(number);
    std::string settings = run.fault;
    for (const std::string& override : run.overrides) settings += (settings.empty() ? "" : "  ") + override;
    fmt::print("{:6}  {}  {}\n", run.number, run.name, settings);
  }
  return 0;
}

int status(const sweep::SweepFile& file, const sweep::RunList& runs, const Arguments& a) {
  const std::vector<sweep::RunStatus> all = sweep::survey(file, runs, a.folder, chosen_runs(a, runs));
  std::array<std::int64_t, 5> counts{};
  double seconds = 0;
  for (const sweep::RunStatus& run : all) {
    ++counts[static_cast<std::size_t>(run.record.state)];
    if (run.record.state == sweep::RunState::finished) seconds += run.record.seconds;
  }
  fmt::print("runs:       {} in {}\n", all.size(), a.folder);
  for (const sweep::RunState state :
       {sweep::RunState::finished, sweep::RunState::running, sweep::RunState::unfinished,
        sweep::RunState::failed, sweep::RunState::missing}) {
    const std::int64_t count = counts[static_cast<std::size_t>(state)];
    if (count == 0) continue;
    const std::string mean =
        state == sweep::RunState::finished
            ? fmt::format(", {:.2f} s each on average", seconds / static_cast<double>(count))
            : "";
    fmt::print("{:<12}{}{}\n", fmt::format("{}:", name_of(state)), count, mean);
  }
  for (const sweep::RunStatus& run : all)
    if (run.record.state == sweep::RunState::failed)
      fmt::print("failed:  {}\n", in_words(sweep::FailedRun{run.run.number, run.run.name, run.record.status,
                                                            run.record.message}));
  return 0;
}

std::vector<std::int64_t> all_numbers(const sweep::RunList& runs) { return sweep::chunk(runs.size(), 1, 1); }

int collect(const sweep::SweepFile& file, const sweep::RunList& runs, const Arguments& a,
            const std::string& command) {
  const std::string output =
      a.collected.empty() ? (std::filesystem::path(a.folder) / "collected.h5").string() : a.collected;
  if (!std::filesystem::is_directory(a.folder))
    throw InputError(fmt::format("{}: found no such folder, expected the runs of {}", a.folder, a.file));
  const std::vector<sweep::RunStatus> all = sweep::survey(file, runs, a.folder, all_numbers(runs));
  const auto collected = sweep::collect(file, all, a.folder, command, &interrupted);
  if (!collected) return 130;
  archive::write_table_file(output, collected->table, ExistingFile::replace);
  std::int64_t finished = 0;
  for (const sweep::RunStatus& run : all) finished += run.record.state == sweep::RunState::finished ? 1 : 0;
  if (!a.quiet) fmt::print("file:    {}: {} runs, {} of them finished\n", output, all.size(), finished);
  for (const std::string& run : collected->unread) complain("sf-sweep", run);
  return collected->unread.empty() ? 0 : 3;
}

int slurm(const sweep::SweepFile& file, const sweep::RunList& runs, const Arguments& a) {
  const std::vector<sweep::RunStatus> all = sweep::survey(file, runs, a.folder, all_numbers(runs));
  const sweep::SlurmPlan plan = sweep::plan_slurm(file, all);
  const std::string script = sweep::write_slurm_script(
      file, plan, a.folder, std::filesystem::read_symlink("/proc/self/exe").string());
  if (!a.quiet)
    fmt::print("script:  {}: {} runs in {} job{} of about {:.1f} minutes, {} of memory each\n", script,
               plan.runs, plan.chunks, plan.chunks == 1 ? "" : "s", plan.minutes_per_job, plan.memory);
  if (a.submit) fmt::print("job:     {}\n", sweep::submit(script));
  return 0;
}

int run(const Arguments& a, const std::string& command) {
  catch_interrupts();
  const sweep::SweepFile file = sweep::read_sweep(a.file);
  const sweep::RunList runs(file);
  if (a.list) return list(runs, chosen_runs(a, runs));
  if (a.status) return status(file, runs, a);
  if (a.collect) return collect(file, runs, a, command);
  if (a.slurm) return slurm(file, runs, a);
  return run_all(a, file, runs);
}

}  // namespace

int main(int argc, char** argv) {
  return run_tool(
      {"sf-sweep", "Runs a study for all combinations of the values of some of its keys.", argc, argv},
      [](CommandLine& line) {
        Arguments arguments;
        add_options(line, arguments);
        if (!line.parse()) return 0;
        complete(arguments);
        return run(arguments, line.command());
      });
}
