// sf-limit: the limit path that leaves the origin along a KKT point, and the first critical point on it.
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "interrupt.hpp"
#include "kkt_tables.hpp"
#include "output_file.hpp"
#include "run_tables.hpp"
#include "saddle_tables.hpp"
#include "saddleflow/base/workers.hpp"
#include "saddleflow/correlation/second_order.hpp"
#include "saddleflow/job/limit_run.hpp"

namespace {

using namespace saddleflow;
using namespace saddleflow::tools;

struct Arguments {
  std::string source, output;
  std::vector<std::string> overrides;
  std::int64_t starts = 64, point = 1, seed = 1, jobs = Workers::all_cores();
  double rtol = 1e-10;
  bool force = false, quiet = false;
};

void add_options(CommandLine& line, Arguments& a) {
  constexpr std::int64_t most = 1'000'000'000'000;
  line.required("source", a.source, "study file, or run file written by sf-flow", "STUDY.toml|RUN.h5");
  line.integer("--kkt", a.point,
               "number of the KKT point in the table of sf-kkt (default 1, the point with the highest N)",
               "K", 1, most);
  line.integer("--starts", a.starts, "number of random starts of the search for KKT points (default 64)", "R",
               1, most);
  line.integer("--seed", a.seed, "seed of the random starts (default 1)", "S", 0, most);
  line.jobs(a.jobs, "shared by the starts");
  line.number("--rtol", a.rtol, "relative tolerance of the local error (default 1e-10)", "R", 1e-17, 0.1);
  line.text("-o,--output", a.output, "file for the path", "FILE");
  line.set(a.overrides);
  line.flag("--force", a.force, "overwrite an existing file");
  line.flag("-q,--quiet", a.quiet, "print errors only");
  line.note(
      "The limit path p(t) leaves the origin along the KKT point w*. It is the limit, as delta goes to 0, of "
      "the flow from delta w* at time t + T_delta, where T_delta is the escape time. This fixes the origin "
      "of its time: |p| ~ e^{2 N* t} for networks of degree 2, |p| ~ [D (D-2) N* (-t)]^{-1/(D-2)} for higher "
      "degrees D. Neurons that are zero at w* stay exactly zero.");
  line.note(
      "The path ends at its first critical point. That point is refined and classified as by sf-saddles, and "
      "stored in /saddles and /catalogue of the file.");
  line.exit_status_note("After an interruption no file is written.");
}

void print_end(const LimitPath& path, const CriticalPoint& end) {
  const auto number = [](Real x) { return static_cast<double>(x); };
  fmt::print(
      "end:     {}: loss {:.10g}, |grad L| {:.2e} (relative {:.1e}), moved by {:.1e} in the refinement\n",
      in_words(end.kind), number(end.refinement.loss), number(end.refinement.gradient_norm),
      number(end.refinement.relative_gradient), number(path.end.displacement));
  if (!end.is_critical()) return;
  fmt::print(
      "         index (-, 0e, 0u, +): {}, eigenvalues {:.4e} to {:.4e}; zero modes: {}; ways down: {}\n",
      index_of(end), number(end.spectrum.min()), number(end.spectrum.max()),
      end.knows_zero_modes() ? zero_modes_of(end.zero_modes) : "not known", end.escapes.size());
}

void print_path(const LimitPath& path, const KktEntry& entry) {
  const auto number = [](Real x) { return static_cast<double>(x); };
  fmt::print("\nlimit path along N* = {:.10g}, Delta = {:.4g}, angle exponent Delta/(D N*) = {:.4g}\n",
             number(entry.point.value), number(entry.second_order.gap),
             number(angle_exponent(entry, path.start.degree)));
  for (const Real delta : {Real(1e-3), Real(1e-6), Real(1e-12)})
    fmt::print("T_delta ({:g}): {:.10g}\n", number(delta),
               number(escape_time(path.start.degree, entry.point.value, std::log(delta))));
  fmt::print("path:    from t = {:.10g} (|p| = {:.3e}, expansion exact to {:.0e}) to t = {:.10g}, {}\n",
             number(path.start.time), number(std::exp(path.start.log_norm)),
             number(path.start.correction * path.start.correction), number(path.points.back().time),
             path.stop_reason.text());
}

void print_work(const LimitPath& path) {
  fmt::print("work:    {} steps, {} gradients, {} Hessian-vector products, {} Hessians\n", path.points.size(),
             path.work.gradients, path.work.hessian_vectors, path.work.hessians);
}

int run(const Arguments& a, const std::string& command) {
  const archive::OutputLock mine = check_output({a.source}, a.output, a.force);
  KktProblem problem = open_kkt_problem(a.source, a.overrides, command);
  require_limit_path(problem, a.source);
  catch_interrupts();
  Workers workers(static_cast<int>(a.jobs));
  KktSearchOptions search;
  search.workers = &workers;
  search.starts = a.starts;
  search.seed = static_cast<std::uint64_t>(a.seed);
  search.descend = false;
  search.interrupt = &interrupted;
  const KktTable table = search_kkt_points(problem, search, a.quiet);
  if (table.interrupted) return 130;
  if (table.entries.empty()) throw NumericalError(a.source + ": no start of the search led to a KKT point");
  LimitRunOptions options;
  options.point = a.point - 1;
  options.rtol = static_cast<Real>(a.rtol);
  options.interrupt = &interrupted;
  const LimitPath path = run_limit_path(problem, table, options);
  if (path.stop_reason == Stop::interrupted) return 130;
  const SaddleSurvey end = classify_end(problem, path, options);
  if (end.interrupted) return 130;
  if (!a.output.empty())
    write_limit_path(a.output, problem, table, options, path, end, existing_file(a.force));
  if (a.quiet) return 0;
  print_heading(stdout, problem.description);
  print_kkt_points(stdout, table);
  print_path(path, table.entries[static_cast<std::size_t>(options.point)]);
  print_end(path, end.points.front());
  print_work(path);
  if (!a.output.empty()) fmt::print("file:    {}\n", a.output);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_tool({"sf-limit",
                   "Computes the limit path that leaves the origin along a KKT point, and the first critical "
                   "point on it.",
                   argc, argv},
                  [](CommandLine& line) {
                    Arguments arguments;
                    add_options(line, arguments);
                    return line.parse() ? run(arguments, line.command()) : 0;
                  });
}
