// sf-flow: from a study file to a trajectory file.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "interrupt.hpp"
#include "messages.hpp"
#include "run_tables.hpp"
#include "saddleflow/archive/run_writer.hpp"
#include "saddleflow/base/workers.hpp"
#include "saddleflow/job/flow_run.hpp"
#include "saddleflow/job/path_bounds.hpp"
#include "saddleflow/job/verification.hpp"
#include "saddleflow/network/means_network.hpp"
#include "saddleflow/study/flow_setup.hpp"
#include "saddleflow/study/keys.hpp"
#include "saddleflow/study/saddle_start.hpp"

namespace {

using namespace saddleflow;
using namespace saddleflow::tools;

struct Arguments {
  std::string study, output, from, along, sign = "+";
  double perturb = 0;
  std::vector<std::string> overrides;
  std::int64_t jobs = Workers::all_cores();
  bool force = false, resume = false, verify = false, dry_run = false, quiet = false;
};

void add_options(CommandLine& line, Arguments& a) {
  line.text("study", a.study,
            "study file (TOML); with --from it may be omitted, the study is then the one stored in FILE",
            "STUDY.toml");
  line.text("--from", a.from, "start near critical point K of a file written by sf-saddles", "FILE:K");
  line.positive("--perturb", a.perturb,
                "with --from: distance of the start from the point, by default the norm of random weights of "
                "its zero neurons (of all weights, if no neuron is zero)",
                "DELTA", "--from");
  line.text("--along", a.along,
            "with --from: start along a direction instead of with random weights; WAY is the number of a way "
            "down in the table of sf-saddles, FILE a text file that holds a direction",
            "WAY|FILE");
  line.text(
      "--sign", a.sign,
      "with --along: - takes the opposite side of an eigenvector or of the direction in the file (default +)",
      "+|-");
  line.text("-o,--output", a.output,
            "run file (default: the name of the study with the ending .h5, in the current folder)", "FILE");
  line.set(a.overrides);
  line.flag("--force", a.force, "overwrite an existing run file");
  line.flag("--resume", a.resume,
            "start the run, or continue it: an interrupted or killed run from its last checkpoint, a "
            "finished run if the study now asks for a later end");
  line.flag("--verify", a.verify,
            "integrate a second time at a tenth of the tolerance and report the error of the path and "
            "whether its events are the same");
  line.jobs(a.jobs, "which share the passes of a large network");
  line.flag("--dry-run", a.dry_run, "check the study, print it with every default, and do not integrate");
  line.flag("-q,--quiet", a.quiet, "print errors only");
  line.exit_status_note("A run that was interrupted continues with --resume.");
  line.appendix(
      "Keys of the study file, with their defaults. --set overrides any of them. A word before a colon says "
      "for which choice a key applies.",
      describe_keys());
}

void complete(Arguments& a) {
  if (a.force && a.resume) throw InputError("--force and --resume exclude each other");
  if (a.from.empty() && a.study.empty()) throw InputError("STUDY.toml is required (or --from)");
  if (!a.from.empty() && !(a.perturb > 0)) throw InputError("--from: --perturb DELTA is required");
  if (a.from.empty() && !a.along.empty()) throw InputError("--along: --from FILE:K is required");
  if (a.along.empty() && a.sign != "+") throw InputError("--sign: --along is required");
  if (a.output.empty() && a.study.empty()) throw InputError("--from without a study: -o FILE is required");
  if (a.output.empty()) a.output = std::filesystem::path(a.study).stem().string() + ".h5";
}

StudyTable read_study(const Arguments& a) {
  if (a.from.empty()) return StudyTable::read(a.study, a.overrides);
  std::vector<std::string> overrides = start_overrides(a.from, a.perturb, a.along, a.sign);
  overrides.insert(overrides.end(), a.overrides.begin(), a.overrides.end());
  if (!a.study.empty()) return StudyTable::read(a.study, overrides);
  const std::string file = file_of(a.from);
  return StudyTable::stored(archive::RunReader::open(file).description().toml, file, overrides);
}

int dry_run(const StudyTable& study) {
  const FlowSetup setup(study);
  fmt::print("{}", study.filled());
  const Dataset& data = setup.objective.data();
  const std::string test = setup.test ? fmt::format(", {} test samples", setup.test->inputs.cols()) : "";
  const bool means = as_means(setup.network()) != nullptr;
  fmt::print("\n# {} weights, {} samples ({}){}; L(0) = {:.6g}, |grad L(0)| = {:.3e}\n",
             setup.objective.size(), means ? "infinitely many" : std::to_string(data.inputs.cols()),
             data.origin, test, static_cast<double>(setup.parts.initial.loss),
             static_cast<double>(setup.parts.initial.gradient_norm));
  if (!data.constant_columns.empty())
    fmt::print("# constant in the training set, so centred and not scaled: {}\n",
               fmt::join(data.constant_columns, ", "));
  return 0;
}

std::string in_words(const Progress& p) {
  const std::string left =
      std::isfinite(p.seconds_left) ? fmt::format(", about {:.0f} s left", p.seconds_left) : "";
  return fmt::format("t {:.6g} of {:g}, loss {:.6g}, |w| {:.4g}, {} steps, {} events{}",
                     static_cast<double>(p.time), static_cast<double>(p.t_end), static_cast<double>(p.loss),
                     static_cast<double>(p.weight_norm), p.steps, p.events, left);
}

void show(const Progress& p) { say(fmt::format("\r\033[K{}", in_words(p))); }

/// Where nobody watches a terminal: a line every ten seconds, and where the time has passed a power of ten.
class ProgressLog {
 public:
  void operator()(const Progress& p) {
    const auto now = std::chrono::steady_clock::now();
    const double waited = std::chrono::duration<double>(now - last_).count();
    const double decade = p.time > 0 ? std::floor(std::log10(static_cast<double>(p.time))) : last_decade_;
    if (waited < kLongestSilence && !(decade > last_decade_ && waited >= kShortestSilence)) return;
    last_ = now;
    last_decade_ = decade;
    say(fmt::format("{}\n", in_words(p)));
  }

 private:
  // A run through many decades takes some seconds: no more than a line a second.
  static constexpr double kLongestSilence = 10, kShortestSilence = 1;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  double last_decade_ = -std::numeric_limits<double>::infinity();
};

int verify(const StudyTable& study, const Arguments& a, const archive::RunSummary& summary) {
  const Verification v = verify_run(study, a.output, &interrupted);
  if (v.stop_reason == Stop::interrupted) return 130;  // nothing is known, nothing is noted
  archive::annotate_run(a.output, {{"path_error_estimate", static_cast<double>(v.path_error)},
                                   {"path_error_time", static_cast<double>(v.path_error_time)},
                                   {"event_time_error_estimate", static_cast<double>(v.event_time_error)},
                                   {"event_sequence_confirmed", v.same_events && v.complete ? 1.0 : 0.0},
                                   {"mode_sequence_confirmed", v.same_modes && v.complete ? 1.0 : 0.0}});
  const PathBounds bounds = path_bounds(study);
  if (!a.quiet) {
    print_verification(stdout, v);
    fmt::print("trust:   {}\n", trust_in_words(summary, bounds, &v));
  }
  const std::string fault = not_confirmed(v, bounds);
  if (fault.empty()) return 0;
  complain("sf-flow", fmt::format("{}: not confirmed: {}", a.output, fault));
  return 3;
}

int run(const Arguments& a, const std::string& command) {
  const StudyTable study = read_study(a);
  if (a.dry_run) return dry_run(study);
  catch_interrupts();
  FlowRunOptions options;
  options.output = a.output;
  options.command = command;
  options.overwrite = a.force;
  options.resume = a.resume;
  options.interrupt = &interrupted;
  Workers workers(static_cast<int>(a.jobs));
  options.workers = &workers;
  const bool progress = !a.quiet && isatty(STDERR_FILENO) != 0;
  if (progress)
    options.progress = show;
  else if (!a.quiet)
    options.progress = ProgressLog();
  if (!a.quiet)
    options.note = [](const std::string& what) { complain("sf-flow", fmt::format("note: {}", what)); };
  const archive::RunSummary summary = run_flow(study, options);
  if (progress) say("\r\033[K");
  const StopReason stopped = StopReason::parse(summary.stop_reason);
  if (!a.quiet) {
    const archive::RunReader file = archive::RunReader::open(a.output);
    print_heading(stdout, file.description());
    print_start(stdout, file.description());
    print_ignored_kinks(stdout, file.description());
    print_events(stdout, file);
    if (study.boolean("events.saddle.enabled")) {
      print_visits(stdout, file, file.saddle_rows());
      print_stages(stdout, file.description(), file.saddle_rows());
    }
    print_summary(stdout, summary);
    print_memory(stdout, file.description().parameter_layer.size());
    fmt::print("file:    {}\n", a.output);
    const bool to_be_verified = a.verify && !stopped.is_failure();
    if (!to_be_verified && stopped != Stop::interrupted)
      fmt::print("trust:   {}\n", trust_in_words(summary, path_bounds(study), nullptr));
  }
  if (stopped == Stop::interrupted) return 130;
  if (stopped.is_failure()) {
    complain("sf-flow", fmt::format("{}: stopped with {}", a.output, summary.stop_reason));
    return 3;
  }
  if (const int status = a.verify ? verify(study, a, summary) : 0; status != 0) return status;
  const std::string doubt = not_certain(summary);
  if (doubt.empty()) return 0;
  complain("sf-flow", fmt::format("{}: not certain: {}", a.output, doubt));
  return 3;
}

}  // namespace

int main(int argc, char** argv) {
  return run_tool({"sf-flow",
                   "Integrates the gradient flow of a homogeneous network from a study file and writes the "
                   "trajectory to a run file.",
                   argc, argv},
                  [](CommandLine& line) {
                    Arguments arguments;
                    add_options(line, arguments);
                    if (!line.parse()) return 0;
                    complete(arguments);
                    return run(arguments, line.command());
                  });
}
