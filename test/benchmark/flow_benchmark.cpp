// flow-benchmark: what the path of a gradient flow costs to a given error, here and with CVODE, ARKODE and
// Odeint on the same kernels.
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

#include "benchmark/comparison.hpp"
#include "benchmark/peer_methods.hpp"
#include "benchmark/tables.hpp"
#include "command_line.hpp"

namespace {

using namespace saddleflow;
using namespace saddleflow::benchmark;
using namespace saddleflow::tools;

struct Arguments {
  std::vector<std::string> cases;
  bool quick = false;
  std::int64_t repeat = 1;
  double budget = 10;
  std::string root = ".", output;
};

void add_options(CommandLine& line, Arguments& a) {
  line.text("--case", a.cases, "run this case only; may be given several times (default: all)", "NAME");
  line.flag("--quick", a.quick, "few tolerances; without --case, small cases only: less than a minute");
  line.integer("--repeat", a.repeat, "timings of every run, of which the least counts (default 1)", "K", 1,
               100);
  line.number("--budget", a.budget,
              "stop a peer after this many times the time that the library takes at the same rtol, but not "
              "before half a second (default 10)",
              "FACTOR", 1, 1e6);
  line.text("--root", a.root, "folder of the repository, in which the studies are (default: this folder)",
            "DIR");
  line.text("-o,--output", a.output, "write PREFIX.csv, a line per run, and PREFIX-ratios.csv", "PREFIX");
  line.note("Cases:");
  for (const Case& c : cases()) line.note(fmt::format("  {}: {}", c.name, c.study));
  line.note("Peers:");
  for (const PeerMethod& peer : peer_methods()) line.note(fmt::format("  {}: {}", peer.name, peer.what));
}

void explain() {
  fmt::print(
      "error: largest relative error of the weights at 40 times. g-eq: gradients + values + Hv + Hessians in "
      "units of a\ngradient, by their measured costs; no linear algebra. seconds: processor time. A peer "
      "that "
      "has no exact dense\noutput is timed without the stops at the 40 times. ratio: best peer over the "
      "library, on curves interpolated in\nlogarithms; '> x': no peer reached the error, and all had spent x "
      "times as much.\n");
}

int run(const Arguments& a) {
  const std::vector<Case> chosen = chosen_cases(a.cases, a.quick);
  CsvFiles files(a.output);
  ComparisonOptions options;
  options.root = a.root;
  options.repeat = static_cast<int>(a.repeat);
  options.budget = a.budget;
  explain();
  for (const Case& c : chosen) {
    const Comparison result = compare(c, options);
    files.add(c.name, result.lines, result.floor);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_tool(
      {"flow-benchmark", "Compares the library with other integrators at equal error.", argc, argv},
      [](CommandLine& line) {
        Arguments arguments;
        add_options(line, arguments);
        return line.parse() ? run(arguments) : 0;
      });
}
