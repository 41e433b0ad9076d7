// sf-pursuit: Neuron Pursuit, a network that grows from critical point to critical point.
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "interrupt.hpp"
#include "messages.hpp"
#include "output_file.hpp"
#include "pursuit_tables.hpp"
#include "run_tables.hpp"
#include "saddleflow/base/workers.hpp"
#include "saddleflow/job/path_bounds.hpp"
#include "saddleflow/job/pursuit_run.hpp"

namespace {

using namespace saddleflow;
using namespace saddleflow::tools;

struct Arguments {
  std::string source, output;
  std::vector<std::string> overrides;
  std::int64_t after_round = -1, jobs = Workers::all_cores();
  bool resume = false, force = false, quiet = false;
};

void add_options(CommandLine& line, Arguments& a) {
  line.required("source", a.source, "study file, or file of an earlier pursuit", "STUDY.toml|RUN.h5");
  line.text("-o,--output", a.output, "file for the growing network", "FILE");
  line.flag("--resume", a.resume,
            "start the pursuit, or continue it after the last round of the output file");
  line.integer("--after-round", a.after_round, "keep only rounds 0 to K of RUN.h5 (default: all rounds)", "K",
               0, 1'000'000);
  line.jobs(a.jobs, "shared by the starts of every search");
  line.set(a.overrides);
  line.flag("--force", a.force, "overwrite an existing file");
  line.flag("-q,--quiet", a.quiet, "print errors only");
  line.note(
      "Round 0 starts with one neuron per hidden layer, along the best KKT point of the correlation function "
      "at the origin. Every further round searches for the neuron whose correlation N with the residual is "
      "largest, appends it with norm pursuit.scale, and lets the gradient flow carry the network to its next "
      "critical point. The keys of [pursuit] set all choices; the hidden widths in network.layers limit the "
      "size. The method follows the abstract of paper P4, whose listing is not available.");
  line.note(
      "The file of -o is complete after every round, so that an interrupted or killed pursuit continues with "
      "--resume. It can also continue from any of its rounds, with other options, into another file:");
  line.example("sf-pursuit RUN.h5 --after-round 2 --set pursuit.seed=7 -o OTHER.h5");
  line.note(
      "The column 'index' counts the eigenvalues of the Hessian: negative / zero and explained by symmetry + "
      "zero and unexplained / positive.");
  line.exit_status_note("After an interruption the file holds the rounds completed so far.");
}

void show(Index round, const DescentView& step) {
  if (step.step % 50 != 0) return;
  say(fmt::format("\r\033[Kround {}: t {:.4g}, loss {:.6g}, {} steps", round, static_cast<double>(step.time),
                  static_cast<double>(step.observables.loss), step.step));
}

int run(const Arguments& a, const std::string& command) {
  if (a.resume && a.output.empty())
    throw InputError("--resume without -o FILE: there is nothing to go on with");
  if (a.resume && a.after_round >= 0)
    throw InputError(
        "--resume with --after-round: what comes after that round would be lost, expected another -o FILE");
  const archive::OutputLock mine =
      a.resume ? archive::OutputLock() : check_output({a.source}, a.output, a.force);
  catch_interrupts();
  const bool progress = !a.quiet && isatty(STDERR_FILENO) != 0;
  bool head = false;
  Workers workers(static_cast<int>(a.jobs));
  PursuitRunOptions options;
  options.workers = &workers;
  options.output = a.output;
  options.command = command;
  options.overwrite = a.force;
  options.resume = a.resume;
  options.after_round = a.after_round;
  options.interrupt = &interrupted;
  if (progress) options.progress = show;
  if (!a.quiet) {
    options.on_round = [&](const archive::RoundRow& round, Index number) {
      if (progress) say("\r\033[K");
      const bool test_set = !std::isnan(round.test_error);
      if (!head) print_rounds_head(stdout, test_set);
      head = true;
      print_round(stdout, round, number, test_set);
      std::fflush(stdout);
    };
  }
  const PursuitOutcome outcome = run_pursuit(a.source, a.overrides, options);
  if (progress) say("\r\033[K");
  if (!a.quiet) {
    print_pursuit_end(stdout, outcome);
    print_constant_columns(stdout, outcome.record.description);
    if (!a.output.empty() && !outcome.record.rounds.empty()) fmt::print("file:    {}\n", a.output);
  }
  if (outcome.end == PursuitEnd::interrupted) return 130;
  const std::string doubt = not_certain(outcome.record.summary);
  if (doubt.empty()) return 0;
  complain("sf-pursuit", fmt::format("{}: not certain: {}", a.source, doubt));
  return 3;
}

}  // namespace

int main(int argc, char** argv) {
  return run_tool(
      {"sf-pursuit", "Runs Neuron Pursuit: a network grows by the neurons that lower the loss most.", argc,
       argv},
      [](CommandLine& line) {
        Arguments arguments;
        add_options(line, arguments);
        return line.parse() ? run(arguments, line.command()) : 0;
      });
}
