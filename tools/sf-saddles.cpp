// sf-saddles: the saddles that runs have visited, refined, classified and connected.
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "interrupt.hpp"
#include "messages.hpp"
#include "output_file.hpp"
#include "progress.hpp"
#include "run_tables.hpp"
#include "saddle_tables.hpp"
#include "saddleflow/base/workers.hpp"
#include "saddleflow/job/saddle_run.hpp"
#include "saddleflow/study/initial_weights.hpp"

namespace {

using namespace saddleflow;
using namespace saddleflow::tools;

struct Arguments {
  std::vector<std::string> sources;
  std::string point, output;
  std::vector<std::string> overrides;
  std::int64_t starts = 32, seed = 1, most_points = 64, most_escapes = 12, jobs = Workers::all_cores();
  double rtol = 1e-8, prominence = 0;
  bool refine = false, connect = false, force = false, quiet = false;
};

void add_options(CommandLine& line, Arguments& a) {
  constexpr std::int64_t most = 1'000'000'000;
  line.required("sources", a.sources, "run files of one problem, written by sf-flow; or one study",
                "RUN.h5... | STUDY.toml");
  line.number("--prominence", a.prominence,
              "find the visits again in the stored steps, as dips of r by this factor", "F", 1.01, 1e6);
  line.flag("--refine", a.refine, "refine, classify and catalogue the critical points");
  line.flag("--connect", a.connect,
            "follow the unstable manifolds to the next critical points, and repeat this from there");
  line.text("--point", a.point,
            "with a study: weights near a critical point, as a text file with one weight per line", "FILE");
  line.integer("--starts", a.starts, "number of random starts of each search for KKT points (default 32)",
               "R", 1, most);
  line.integer("--seed", a.seed, "seed of the random starts (default 1)", "S", 0, most);
  line.integer("--most-points", a.most_points,
               "with --connect: largest number of points whose manifolds are followed (default 64)", "N", 1,
               most);
  line.integer("--most-escapes", a.most_escapes,
               "with --connect: largest number of ways down that are followed from each point (default 12)",
               "N", 1, most);
  line.jobs(a.jobs, "shared by the starts of searches and, with --connect, by the ways down");
  line.number("--rtol", a.rtol, "with --connect: relative tolerance of the flow (default 1e-8)", "TOL", 1e-13,
              1e-2);
  line.text("-o,--output", a.output,
            "file for the tables; for a single run, the file is a copy of the run with the tables added",
            "FILE");
  line.set(a.overrides);
  line.flag("--force", a.force, "overwrite an existing file");
  line.flag("-q,--quiet", a.quiet, "print errors only");
  line.note(
      "Without --refine the tool prints the visits as the runs have recorded them. With --prominence it "
      "finds them again in the stored steps, without integrating: a visit is a dip of the proximity r to "
      "below 1/3, before and after which r is larger by the factor F.");
  line.note(
      "With --refine it refines every visit to its critical point and classifies that point. The index "
      "counts negative eigenvalues, zero eigenvalues that symmetry explains, unexplained zero eigenvalues, "
      "and positive ones. The ways down are unstable eigenvectors, positive KKT points of the correlation "
      "function of the zero neurons, and descent directions off the kinks on which the point lies. The "
      "points of all runs form one list, in which permutations, signs and rescalings of neurons count as one "
      "point. Above 2000 weights the eigenvalues are counted without being computed; where the causes of the "
      "zero ones are not known, the index is (negative, zero in all, positive). If a refinement ends farther "
      "away than half of the size of the point, or at a loss outside the "
      "range of the visit, its point is not assigned to the visit. --connect and -o imply --refine.");
  line.note(
      "If the source is a study, the tool analyses the point in --point, or else the initial weights of the "
      "study as they are.");
  line.exit_status_note("After an interruption the points found so far are printed, and no file is written.");
}

std::optional<Real> prominence_of(const Arguments& a) {
  return a.prominence > 0 ? std::optional<Real>(static_cast<Real>(a.prominence)) : std::nullopt;
}

SaddleSurveyOptions survey_options(const Arguments& a, Workers& workers) {
  SaddleSurveyOptions options;
  options.workers = &workers;
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
  const archive::OutputLock mine = check_output(a.sources, a.output, a.force);
  std::vector<KktProblem> problems = open_all(a, command);
  const KktProblem& first = problems.front();
  if (first.run && !(a.refine || a.connect || !a.output.empty()))
    return visits_only(problems, prominence_of(a));
  for (const KktProblem& problem : problems)
    if (!a.output.empty() && problem.run && problem.run->live())
      throw IoError(problem.run->path() + ": another process is writing this run, it cannot be copied");
  catch_interrupts();
  Workers workers(static_cast<int>(a.jobs));
  const SaddleSurveyOptions options = survey_options(a, workers);
  const SaddleSurvey survey =
      first.run ? survey_saddles(problems, options)
                : survey_point(problems.front(), initial_point(a.sources.front(), overrides_of(a)), options);
  if (options.progress) say("\r\033[K");
  if (!a.output.empty() && !survey.interrupted)
    write_saddles(a.output, problems, survey, command, existing_file(a.force));
  if (!a.quiet) {
    print_heading(stdout, first.description);
    print_survey(stdout, survey, first.objective->network(),
                 first.run ? a.sources : std::vector<std::string>());
    if (first.run && survey.visits.empty())
      for (const KktProblem& problem : problems) print_visits(stdout, *problem.run, {});
    print_memory(stdout, first.description.parameter_layer.size());
    if (!a.output.empty() && !survey.interrupted) fmt::print("file:    {}\n", a.output);
  }
  return survey.interrupted ? 130 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_tool(
      {"sf-saddles",
       "Lists the saddles that runs have visited: refined, classified, and connected by the flow.", argc,
       argv},
      [](CommandLine& line) {
        Arguments arguments;
        add_options(line, arguments);
        return line.parse() ? run(arguments, line.command()) : 0;
      });
}
