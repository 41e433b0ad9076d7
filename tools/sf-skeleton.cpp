// sf-skeleton: the saddle-to-saddle sequence in the limit of small delta, and flows and pursuit beside it.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "interrupt.hpp"
#include "output_file.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/job/skeleton_run.hpp"
#include "saddleflow/study/build.hpp"
#include "skeleton_tables.hpp"

namespace {

using namespace saddleflow;
using namespace saddleflow::tools;

struct Arguments {
  std::string study, flows, output;
  std::vector<std::string> overrides;
  std::int64_t jumps = 64, starts = 16, seed = 1;
  double tie = 1e-9, tolerance = 1e-3, horizon = 2;
  bool pursuit = false, quick = false, force = false, quiet = false;
};

constexpr const char* kFooter =
    "The skeleton is what the flow from delta times the study's direction of w(0) becomes as delta\n"
    "goes to 0: jumps between critical points, at times that have a limit in slow time\n"
    "(t / ln(1/delta) for networks of degree 2, t delta^{D-2} above). It is known of diagonal linear\n"
    "networks, networks with one hidden layer, deeper linear ones, and deeper ones with power >= 2, whose\n"
    "jumps after the first one follow it in their own slow time, t delta^{p-1}. Of other networks flows\n"
    "and pursuit are set beside one another. Neurons are counted from 1; where hidden layers can be\n"
    "rotated (linear; power_sum with s^2) they are modes.\n\n"
    "A point of a flow (its time: half of the fall of the loss to it) or of the pursuit is that of the "
    "skeleton where\n"
    "the outputs on the data agree within --tolerance; * marks another number of active neurons. Where one\n"
    "of the two lacks a point the reason is told, as far as it is known. With -o all of it is in a file, "
    "also\n"
    "the losses of the flows: sf-report FILE draws it.\n\n"
    "Exit status: 0 done, 2 bad input, 3 numerical failure (of a flow or the pursuit: the others are "
    "printed, and in the file),\n"
    "4 input/output, 130 interrupted (what was found until then is printed, and in the file).";

void add_options(CommandLine& line, Arguments& a) {
  constexpr std::int64_t most = 1'000'000'000;
  line.required("study", a.study, "study file", "STUDY.toml");
  line.text("--flows", a.flows, "integrate the flows from these norms of w(0), e.g. 1e-2,1e-4", "DELTA,...");
  line.flag("--pursuit", a.pursuit, "Neuron Pursuit on the same problem (feed_forward)");
  line.integer("--jumps", a.jumps, "at most this many jumps (default 64)", "N", 1, most);
  line.number(
      "--tie", a.tie,
      "clocks whose times agree to this, relative, are one jump; not in deep linear networks (default 1e-9)",
      "X", 0, 0.1);
  line.number("--tolerance", a.tolerance, "of the outputs of two points that are one (default 1e-3)", "X",
              1e-12, 0.1);
  line.number("--horizon", a.horizon, "flows go on to this times the last jump (default 2)", "X", 1, 1e6);
  line.integer("--starts", a.starts, "random starts of each search (default 16)", "R", 1, most);
  line.integer("--seed", a.seed, "seed of the starts (default 1)", "S", 0, most);
  line.flag("--quick", a.quick, "do not certify the points in the whole network");
  line.text("-o,--output", a.output, "HDF5 file for the skeleton and what is compared with it", "FILE");
  line.flag("--force", a.force, "overwrite an existing file");
  line.set(a.overrides);
  line.flag("-q,--quiet", a.quiet, "no progress on the terminal");
  line.footer(kFooter);
}

std::vector<Real> numbers_in(const std::string& list) {
  std::vector<Real> numbers;
  for (std::size_t start = 0; start < list.size();) {
    const std::size_t end = std::min(list.find(',', start), list.size());
    double value = 0;
    const auto [last, error] = std::from_chars(list.data() + start, list.data() + end, value);
    if (error != std::errc() || last != list.data() + end)
      throw InputError(fmt::format("--flows: found \"{}\", expected numbers with commas between", list));
    numbers.push_back(static_cast<Real>(value));
    start = end + 1;
  }
  return numbers;
}

SkeletonRunOptions options_of(const Arguments& a) {
  SkeletonRunOptions options;
  options.skeleton.jumps = a.jumps;
  options.skeleton.tie = static_cast<Real>(a.tie);
  options.skeleton.analyse = !a.quick;
  options.skeleton.analysis.search.starts = a.starts;
  options.skeleton.analysis.search.seed = static_cast<std::uint64_t>(a.seed);
  options.deltas = numbers_in(a.flows);
  options.pursuit = a.pursuit;
  options.starts = a.starts;
  options.seed = static_cast<std::uint64_t>(a.seed);
  options.horizon = static_cast<Real>(a.horizon);
  options.tolerance = static_cast<Real>(a.tolerance);
  options.interrupt = &interrupted;
  if (!a.quiet && isatty(STDERR_FILENO))
    options.progress = [](const std::string& what) { fmt::print(stderr, "{} ...\n", what); };
  return options;
}

int run(const Arguments& a, const std::string& command) {
  check_output(a.study, a.output, a.force);
  SkeletonRunOptions options = options_of(a);
  options.command = command;
  const StudyTable study = StudyTable::read(a.study, a.overrides);
  catch_interrupts();
  const SkeletonRun result = run_skeleton(study, options);
  if (const std::string key = test_set_key(study); !key.empty())
    fmt::print("note: a skeleton has no use for the test set ({})\n", key);
  print_skeleton(stdout, result);
  if (!a.output.empty()) {
    write_skeleton(a.output, result, options, existing_file(a.force));
    fmt::print("\nfile: {}\n", a.output);
  }
  if (result.interrupted) return 130;
  return result.failed() ? 3 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_tool(
      {"sf-skeleton", "The saddle-to-saddle sequence in the limit of small initial weights.", argc, argv},
      [](CommandLine& line) {
        Arguments arguments;
        add_options(line, arguments);
        return line.parse() ? run(arguments, line.command()) : 0;
      });
}
