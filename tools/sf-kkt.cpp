// sf-kkt: the KKT points of a problem, and the one that a run went to.
#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common.hpp"
#include "interrupt.hpp"
#include "kkt_tables.hpp"
#include "output_file.hpp"
#include "run_tables.hpp"
#include "saddleflow/archive/kkt_writer.hpp"
#include "saddleflow/base/version.hpp"
#include "saddleflow/study/kkt_run.hpp"

namespace {

using namespace saddleflow;
using namespace saddleflow::tools;

struct Arguments {
  std::string source, output;
  std::vector<std::string> overrides;
  Index starts = 64;
  std::uint64_t seed = 1;
  bool no_descend = false, force = false, quiet = false;
};

constexpr const char* kFooter =
    "KKT points are the unit vectors u with grad N(u) = D N(u) u, N the neural correlation function: the\n"
    "directions in which the flow can leave the origin. Given a run, the tool also says which of them the "
    "run's\n"
    "direction went to, and when; the problem and the data are those that the run file holds.\n\n"
    "Exit status: 0 done, 2 bad input, 3 numerical failure, 4 input/output, 130 interrupted (what was found\n"
    "until then is printed, no file is written).";

void add_options(CLI::App& app, Arguments& a) {
  constexpr std::int64_t most = 1'000'000'000'000;
  app.add_option("source", a.source, "study file, or a run file written by sf-flow")
      ->required()
      ->option_text("STUDY.toml|RUN.h5");
  app.add_option("--starts", a.starts, "random starts of the search (default 64)")
      ->option_text("R")
      ->check(CLI::Range(std::int64_t{1}, most));
  app.add_option("--seed", a.seed, "seed of the starts (default 1)")
      ->option_text("S")
      ->check(CLI::Range(std::int64_t{0}, most));
  app.add_flag("--no-descend", a.no_descend, "look for points of positive value only: ascents, no descents");
  app.add_option("-o,--output", a.output, "file for the points; of a run, it is a copy with the points added")
      ->option_text("FILE");
  app.add_option("--set", a.overrides, "override a key of the study; may be repeated")
      ->option_text("section.key=value")
      ->take_all()
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_flag("--force", a.force, "overwrite an existing file");
  app.add_flag("-q,--quiet", a.quiet, "print errors only");
  app.set_version_flag("--version", std::string("sf-kkt ") + version());
  app.footer(kFooter);
}

KktSearchOptions search_options(const Arguments& a) {
  KktSearchOptions options;
  options.starts = a.starts;
  options.seed = a.seed;
  options.descend = !a.no_descend;
  options.interrupt = &interrupted;
  return options;
}

void write(const Arguments& a, KktProblem& problem, const KktTable& table,
           const std::optional<RunApproach>& approach, const std::string& command) {
  archive::KktRecord record = describe_kkt(table, problem.description.layer_count);
  if (approach) record.counts.emplace_back("run_point", approach->point);
  if (approach)
    archive::copy_with_kkt(a.source, a.output, command, record, approach->rows, a.force);
  else
    archive::create_with_kkt(a.output, problem.description, {"search_ended", {}, {}}, record, a.force);
}

int run(const Arguments& a, const std::string& command) {
  check_output(a.source, a.output, a.force);
  KktProblem problem = open_kkt_problem(a.source, a.overrides, command);
  if (!a.output.empty() && problem.run && problem.run->live())
    throw IoError(a.source + ": another process is writing this run, it cannot be copied");
  catch_interrupts();
  const auto start = std::chrono::steady_clock::now();
  KktTable table = search_kkt_points(problem, search_options(a), a.quiet);
  std::optional<RunApproach> approach;
  std::vector<NeuronLimit> limits;
  if (problem.run && !table.interrupted) {
    approach = follow_run(problem, table);
    limits = follow_neurons(problem, *approach, search_options(a));
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  if (!a.output.empty() && !table.interrupted) write(a, problem, table, approach, command);
  if (!a.quiet) {
    print_heading(stdout, problem.description);
    print_kkt_points(stdout, table);
    print_search(stdout, table, !a.no_descend, seconds.count());
    if (approach) print_approach(stdout, *approach, limits, table, problem.description);
    if (!a.output.empty() && !table.interrupted) fmt::print("file:    {}\n", a.output);
  }
  return table.interrupted ? 130 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_tool("sf-kkt", [&] {
    CLI::App app("The KKT points of the constrained neural correlation function.", "sf-kkt");
    Arguments arguments;
    add_options(app, arguments);
    if (!parse(app, argc, argv)) return 0;
    std::string command = "sf-kkt";
    for (int i = 1; i < argc; ++i) command += std::string(" ") + argv[i];
    return run(arguments, command);
  });
}
