// sf-kkt: the KKT points of a problem, and the one that a run went to.
#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "interrupt.hpp"
#include "kkt_tables.hpp"
#include "output_file.hpp"
#include "run_tables.hpp"
#include "saddleflow/base/workers.hpp"
#include "saddleflow/job/kkt_run.hpp"
#include "saddleflow/job/late_direction.hpp"

namespace {

using namespace saddleflow;
using namespace saddleflow::tools;

struct Arguments {
  std::string source, output;
  std::vector<std::string> overrides;
  std::int64_t starts = 64, seed = 1, jobs = Workers::all_cores();
  bool no_descend = false, force = false, quiet = false;
};

void add_options(CommandLine& line, Arguments& a) {
  constexpr std::int64_t most = 1'000'000'000'000;
  line.required("source", a.source, "study file, or run file written by sf-flow", "STUDY.toml|RUN.h5");
  line.integer("--starts", a.starts, "number of random starts of the search (default 64)", "R", 1, most);
  line.integer("--seed", a.seed, "seed of the random starts (default 1)", "S", 0, most);
  line.jobs(a.jobs, "shared by the starts");
  line.flag("--no-descend", a.no_descend,
            "search for points of positive value only: ascend from every start, do not descend");
  line.text(
      "-o,--output", a.output,
      "file for the points; if the source is a run, the file is a copy of the run with the points added",
      "FILE");
  line.set(a.overrides);
  line.flag("--force", a.force, "overwrite an existing file");
  line.flag("-q,--quiet", a.quiet, "print errors only");
  line.note(
      "KKT points are the unit vectors u with grad N(u) = D N(u) u, where N is the neural correlation "
      "function and D its degree. They are the directions in which the flow can leave the origin. If the "
      "source is a run, the tool also reports which of them the direction of the run approached, and when; "
      "it then takes the problem and the data from the run file. If moreover the loss has margins and all "
      "are larger than 1 at the end of the run, the tool looks for the KKT point of the max-margin problem "
      "to "
      "which the direction turns in the late phase.");
  line.exit_status_note("After an interruption the points found so far are printed, and no file is written.");
}

KktSearchOptions search_options(const Arguments& a, Workers& workers) {
  KktSearchOptions options;
  options.workers = &workers;
  options.starts = a.starts;
  options.seed = static_cast<std::uint64_t>(a.seed);
  options.descend = !a.no_descend;
  options.interrupt = &interrupted;
  return options;
}

int run(const Arguments& a, const std::string& command) {
  const archive::OutputLock mine = check_output({a.source}, a.output, a.force);
  KktProblem problem = open_kkt_problem(a.source, a.overrides, command);
  if (!a.output.empty() && problem.run && problem.run->live())
    throw IoError(a.source + ": another process is writing this run, it cannot be copied");
  catch_interrupts();
  Workers workers(static_cast<int>(a.jobs));
  const auto start = std::chrono::steady_clock::now();
  KktTable table = search_kkt_points(problem, search_options(a, workers), a.quiet);
  std::optional<RunApproach> approach;
  std::optional<LateDirection> late;
  std::vector<NeuronLimit> limits;
  if (problem.run && !table.interrupted) {
    approach = follow_run(problem, table);
    limits = follow_neurons(problem, *approach, search_options(a, workers));
    late = follow_late_direction(problem, &interrupted);
    table.interrupted = late && late->point.interrupted;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  if (!a.output.empty() && !table.interrupted)
    write_kkt(a.output, problem, table, approach, late, command, existing_file(a.force));
  if (!a.quiet) {
    print_heading(stdout, problem.description);
    print_kkt_points(stdout, table);
    print_search(stdout, table, !a.no_descend, seconds.count());
    print_memory(stdout, problem.description.parameter_layer.size());
    if (approach) print_approach(stdout, *approach, limits, table, problem.description);
    if (late && !late->point.interrupted) print_late_direction(stdout, *late);
    if (!a.output.empty() && !table.interrupted) fmt::print("file:    {}\n", a.output);
  }
  return table.interrupted ? 130 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_tool({"sf-kkt",
                   "Finds the KKT points of the neural correlation function on the unit sphere, and the one "
                   "that a run approached.",
                   argc, argv},
                  [](CommandLine& line) {
                    Arguments arguments;
                    add_options(line, arguments);
                    return line.parse() ? run(arguments, line.command()) : 0;
                  });
}
