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
#include "saddleflow/correlation/second_order.hpp"
#include "saddleflow/job/limit_run.hpp"

namespace {

using namespace saddleflow;
using namespace saddleflow::tools;

struct Arguments {
  std::string source, output;
  std::vector<std::string> overrides;
  std::int64_t starts = 64, point = 1, seed = 1;
  double rtol = 1e-10;
  bool force = false, quiet = false;
};

constexpr const char* kFooter =
    "The limit path p(t) is what the flow from delta w* becomes, T_delta later, as delta goes to 0: the "
    "trajectory\n"
    "that leaves the origin along the KKT point w*. Its time has the origin that this limit gives it: |p| ~ "
    "e^{2 N* t}\n"
    "for networks of degree 2, [D (D-2) N* (-t)]^{-1/(D-2)} above. The path ends at the first critical "
    "point, which is\n"
    "refined and classified as by sf-saddles; a file holds it in /saddles and /catalogue. Neurons that are "
    "zero at w* stay zero: the zeros are exact.\n\n"
    "Exit status: 0 done, 2 bad input, 3 numerical failure, 4 input/output, 130 interrupted (no file is "
    "written).";

void add_options(CommandLine& line, Arguments& a) {
  constexpr std::int64_t most = 1'000'000'000'000;
  line.required("source", a.source, "study file, or a run file written by sf-flow", "STUDY.toml|RUN.h5");
  line.integer("--kkt", a.point, "the KKT point, by its number in sf-kkt's table (default 1, the highest N)",
               "K", 1, most);
  line.integer("--starts", a.starts, "random starts of the search (default 64)", "R", 1, most);
  line.integer("--seed", a.seed, "seed of the starts (default 1)", "S", 0, most);
  line.number("--rtol", a.rtol, "relative tolerance of the local error (default 1e-10)", "R", 1e-17, 0.1);
  line.text("-o,--output", a.output, "file for the path", "FILE");
  line.set(a.overrides);
  line.flag("--force", a.force, "overwrite an existing file");
  line.flag("-q,--quiet", a.quiet, "print errors only");
  line.footer(kFooter);
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
      index_of(end), number(end.spectrum.min()), number(end.spectrum.max()), zero_modes_of(end.zero_modes),
      end.escapes.size());
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
  check_output(a.source, a.output, a.force);
  KktProblem problem = open_kkt_problem(a.source, a.overrides, command);
  if (problem.objective->network().traits().kinked())
    throw InputError(a.source +
                     ": network.power 1 with network.slope other than 1 has kinks, the limit path is defined "
                     "for smooth networks");
  catch_interrupts();
  KktSearchOptions search;
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
  return run_tool(
      {"sf-limit", "The limit path along a KKT point, and the first critical point on it.", argc, argv},
      [](CommandLine& line) {
        Arguments arguments;
        add_options(line, arguments);
        return line.parse() ? run(arguments, line.command()) : 0;
      });
}
