// sf-saddles: the saddles that runs have visited, refined, classified and connected.
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "interrupt.hpp"
#include "output_file.hpp"
#include "progress.hpp"
#include "run_tables.hpp"
#include "saddle_tables.hpp"
#include "saddleflow/archive/saddle_writer.hpp"
#include "saddleflow/job/saddle_run.hpp"
#include "saddleflow/study/initial_weights.hpp"

namespace {

using namespace saddleflow;
using namespace saddleflow::tools;

struct Arguments {
  std::vector<std::string> sources;
  std::string point, output;
  std::vector<std::string> overrides;
  std::int64_t starts = 32, seed = 1, most_points = 64, most_escapes = 12;
  double rtol = 1e-8, prominence = 0;
  bool refine = false, connect = false, force = false, quiet = false;
};

constexpr const char* kFooter =
    "Without --refine the visits are printed as the runs have recorded them. With --prominence they are "
    "found\n"
    "again on the stored steps, without integrating: a visit is a dip of the proximity r beside which r is "
    "larger by\nthis factor on both sides, and below 1/3. With --refine every visit is refined to\n"
    "the critical point, that point classified (index: negative, zero explained by symmetry, zero "
    "unexplained\n"
    "and positive eigenvalues; ways down: unstable eigenvectors, positive KKT points of the correlation\n"
    "function of its zero neurons, and descents off kinks on which it lies), and the points of all runs "
    "listed once modulo permutation, sign and\n"
    "rescaling. A refinement that ends too far away (farther than half of the point's size, or at a loss "
    "that "
    "is none of\nthe visit's) does not make its point that of the visit. --connect and -o imply it.\n\n"
    "Given a study, the point to be analysed is --point, or the study's own initial weights as they are.\n\n"
    "Exit status: 0 done, 2 bad input, 3 numerical failure, 4 input/output, 130 interrupted (what was found\n"
    "until then is printed, no file is written).";

void add_options(CommandLine& line, Arguments& a) {
  constexpr std::int64_t most = 1'000'000'000;
  line.required("sources", a.sources, "run files written by sf-flow, of one problem; or one study",
                "RUN.h5... | STUDY.toml");
  line.number("--prominence", a.prominence,
              "find the visits again on the stored steps: dips of r by this factor", "F", 1.01, 1e6);
  line.flag("--refine", a.refine, "refine, classify and catalogue the critical points");
  line.flag("--connect", a.connect,
            "follow the unstable manifolds to the next critical points, and on from those");
  line.text("--point", a.point, "weights near a critical point: a text file, one a line (with a study)",
            "FILE");
  line.integer("--starts", a.starts, "random starts of each search for KKT points (default 32)", "R", 1,
               most);
  line.integer("--seed", a.seed, "seed of the starts (default 1)", "S", 0, most);
  line.integer("--most-points", a.most_points,
               "--connect: points from which manifolds are followed (default 64)", "N", 1, most);
  line.integer("--most-escapes", a.most_escapes, "--connect: ways down followed from each (default 12)", "N",
               1, most);
  line.number("--rtol", a.rtol, "--connect: relative tolerance of the flow (default 1e-8)", "TOL", 1e-13,
              1e-2);
  line.text("-o,--output", a.output, "file for the tables; of one run, it is a copy with the tables added",
            "FILE");
  line.set(a.overrides);
  line.flag("--force", a.force, "overwrite an existing file");
  line.flag("-q,--quiet", a.quiet, "print errors only");
  line.footer(kFooter);
}

std::optional<Real> prominence_of(const Arguments& a) {
  return a.prominence > 0 ? std::optional<Real>(static_cast<Real>(a.prominence)) : std::nullopt;
}

SaddleSurveyOptions survey_options(const Arguments& a) {
  SaddleSurveyOptions options;
  options.starts = a.starts;
  options.seed = static_cast<std::uint64_t>(a.seed);
  options.connect = a.connect;
  options.prominence = prominence_of(a);
  options.most_escapes = a.most_escapes;
  options.most_points = a.most_points;
  options.rtol = static_cast<Real>(a.rtol);
  options.interrupt = &interrupted;
  options.progress = progress_line(a.quiet);
  return options;
}

// A study's overrides that make its initial weights the point asked for.
std::vector<std::string> overrides_of(const Arguments& a) {
  std::vector<std::string> overrides = a.overrides;
  if (a.point.empty()) return overrides;
  overrides.emplace_back("init.kind=\"file\"");
  overrides.push_back("init.file=\"" + std::filesystem::absolute(a.point).string() + "\"");
  overrides.emplace_back("init.keep_norm=true");
  return overrides;
}

std::vector<KktProblem> open_all(const Arguments& a, const std::string& command) {
  std::vector<KktProblem> problems;
  for (const std::string& source : a.sources) {
    problems.push_back(open_kkt_problem(source, overrides_of(a), command));
    if (a.sources.size() > 1 && !problems.back().run)
      throw InputError(source + ": is a study, expected the file of a run beside others");
  }
  return problems;
}

void write(const Arguments& a, const KktProblem& first, const SaddleSurvey& survey,
           const std::string& command) {
  const Network& network = first.objective->network();
  const bool runs = first.run.has_value();
  const archive::SaddleRecord record =
      describe_saddles(survey, network, runs ? a.sources : std::vector<std::string>());
  if (runs && a.sources.size() == 1) {
    archive::copy_with_saddles(a.sources.front(), a.output, command, record, existing_file(a.force));
    return;
  }
  archive::RunDescription description = first.description;
  description.command = command;
  archive::create_with_saddles(a.output, description, {name_of(RunState::search_ended), {}, {}}, record,
                               existing_file(a.force));
}

int visits_only(std::vector<KktProblem>& problems, std::optional<Real> prominence) {
  for (KktProblem& problem : problems) {
    std::vector<archive::SaddleRow> visits;
    for (StoredVisit& visit : stored_visits(problem, prominence)) visits.push_back(std::move(visit.row));
    print_heading(stdout, problem.description);
    print_visits(stdout, *problem.run, visits);
  }
  return 0;
}

int run(const Arguments& a, const std::string& command) {
  for (const std::string& source : a.sources) check_output(source, a.output, a.force);
  std::vector<KktProblem> problems = open_all(a, command);
  const KktProblem& first = problems.front();
  if (first.run && !(a.refine || a.connect || !a.output.empty()))
    return visits_only(problems, prominence_of(a));
  for (const KktProblem& problem : problems)
    if (!a.output.empty() && problem.run && problem.run->live())
      throw IoError(problem.run->path() + ": another process is writing this run, it cannot be copied");
  catch_interrupts();
  const SaddleSurveyOptions options = survey_options(a);
  const SaddleSurvey survey =
      first.run ? survey_saddles(problems, options)
                : survey_point(problems.front(), initial_point(a.sources.front(), overrides_of(a)), options);
  if (options.progress) fmt::print(stderr, "\r\033[K");
  if (!a.output.empty() && !survey.interrupted) write(a, first, survey, command);
  if (!a.quiet) {
    print_heading(stdout, first.description);
    print_survey(stdout, survey, first.objective->network(),
                 first.run ? a.sources : std::vector<std::string>());
    if (first.run && survey.visits.empty())
      for (const KktProblem& problem : problems) print_visits(stdout, *problem.run, {});
    if (!a.output.empty() && !survey.interrupted) fmt::print("file:    {}\n", a.output);
  }
  return survey.interrupted ? 130 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_tool(
      {"sf-saddles", "The saddles of runs: refined, classified, catalogued and connected.", argc, argv},
      [](CommandLine& line) {
        Arguments arguments;
        add_options(line, arguments);
        return line.parse() ? run(arguments, line.command()) : 0;
      });
}
