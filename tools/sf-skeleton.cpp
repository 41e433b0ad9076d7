// sf-skeleton: the saddle-to-saddle sequence in the limit of small delta, and flows and pursuit beside it.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "interrupt.hpp"
#include "messages.hpp"
#include "output_file.hpp"
#include "run_tables.hpp"
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

void add_options(CommandLine& line, Arguments& a) {
  constexpr std::int64_t most = 1'000'000'000;
  line.required("study", a.study, "study file", "STUDY.toml");
  line.text("--flows", a.flows, "also integrate the flows from these norms of w(0), for example 1e-2,1e-4",
            "DELTA,...");
  line.flag("--pursuit", a.pursuit, "also run Neuron Pursuit on the same problem (feed_forward only)");
  line.integer("--jumps", a.jumps, "largest number of jumps (default 64)", "N", 1, most);
  line.number("--tie", a.tie,
              "clocks whose times agree to this relative accuracy are one jump; not in deep linear networks "
              "(default 1e-9)",
              "X", 0, 0.1);
  line.number("--tolerance", a.tolerance,
              "relative difference of the outputs up to which two points are the same (default 1e-3)", "X",
              1e-12, 0.1);
  line.number("--horizon", a.horizon,
              "the flows end at this multiple of the time of the last jump (default 2)", "X", 1, 1e6);
  line.integer("--starts", a.starts, "number of random starts of each search (default 16)", "R", 1, most);
  line.integer("--seed", a.seed, "seed of the random starts (default 1)", "S", 0, most);
  line.flag("--quick", a.quick, "do not certify the points in the whole network");
  line.text("-o,--output", a.output, "HDF5 file for the skeleton and what is compared with it", "FILE");
  line.flag("--force", a.force, "overwrite an existing file");
  line.set(a.overrides);
  line.flag("-q,--quiet", a.quiet, "print no progress on the terminal");
  line.note(
      "The skeleton is the limit of the flow from w(0) = delta u as delta goes to 0, where u is the study's "
      "initial direction. It consists of jumps between critical points. The times of the jumps converge in "
      "slow time: t / ln(1/delta) for networks of degree 2, t delta^{D-2} for degree D above 2.");
  line.note(
      "The skeleton is known for diagonal linear networks, for networks with one hidden layer, for deep "
      "linear networks, and for deep networks of power p >= 2. In the last case the jumps after the first "
      "one are counted from it, in a slow time of their own, t delta^{p-1}. For other networks the tool "
      "compares flows and pursuit only. Neurons are counted from 1. In networks whose hidden layers can be "
      "rotated (linear ones, and power_sum with s^2) singular modes take the place of neurons.");
  line.note(
      "A point of a flow or of the pursuit is matched with a point of the skeleton if the outputs on the "
      "data agree within --tolerance. The time of a jump of a flow is the time at which half of its fall of "
      "the loss has happened. A star marks a different number of active neurons. If one sequence lacks a "
      "point of the other, the table says why, as far as it is known.");
  line.exit_status_note(
      "If a flow or the pursuit fails, the status is 3 and the other results are printed and stored. After "
      "an "
      "interruption the results so far are printed and stored.");
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
    options.progress = [](const std::string& what) { say(fmt::format("{} ...\n", what)); };
  return options;
}

int run(const Arguments& a, const std::string& command) {
  const archive::OutputLock mine = check_output({a.study}, a.output, a.force);
  SkeletonRunOptions options = options_of(a);
  options.command = command;
  const StudyTable study = StudyTable::read(a.study, a.overrides);
  catch_interrupts();
  const SkeletonRun result = run_skeleton(study, options);
  if (!a.output.empty()) write_skeleton(a.output, result, options, existing_file(a.force));
  if (const std::string key = test_set_key(study); !key.empty())
    fmt::print("note: a skeleton has no use for the test set ({})\n", key);
  print_constant_columns(stdout, result.description);
  print_skeleton(stdout, result);
  if (!a.output.empty()) fmt::print("\nfile: {}\n", a.output);
  if (result.interrupted) return 130;
  return result.failed() ? 3 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_tool(
      {"sf-skeleton", "Computes the sequence of saddles in the limit of small initial weights.", argc, argv},
      [](CommandLine& line) {
        Arguments arguments;
        add_options(line, arguments);
        return line.parse() ? run(arguments, line.command()) : 0;
      });
}
