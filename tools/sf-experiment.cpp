// sf-experiment: test errors of Neuron Pursuit, the flow from a small start and gradient descent.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "interrupt.hpp"
#include "output_file.hpp"
#include "saddleflow/base/error.hpp"
#include "validation/experiment.hpp"

namespace {

using namespace saddleflow;
using namespace saddleflow::tools;

struct Arguments {
  std::vector<std::string> studies, overrides;
  std::string output;
  bool force = false, quiet = false;
};

constexpr const char* kFooter =
    "For every study, training-set size (experiment.samples) and seed (experiment.seeds): Neuron Pursuit as\n"
    "[pursuit] says; at the width that it ends with, gradient flow from init.scale times a Gaussian "
    "direction, and\n"
    "full-batch gradient descent from a standard start (normal, variance 2/fan-in). Test error: for square "
    "loss the\n"
    "share of the targets' variance that is not explained, for logistic loss the share of wrong signs.\n\n"
    "The table gives median and range over the seeds; the file (CSV) every single run, and the pursuits "
    "after every\n"
    "round. With experiment.widths the others learn at these widths, too.\n\n"
    "Exit status: 0 done, 2 bad input, 3 numerical failure (of a run: the others are in the table),\n"
    "4 input/output, 130 interrupted (what was found until then is printed and written).";

void add_options(CommandLine& line, Arguments& a) {
  line.required("studies", a.studies, "studies with a test set", "STUDY.toml...");
  line.text("-o,--output", a.output, "file for all runs, as comma-separated values", "FILE.csv");
  line.set(a.overrides);
  line.flag("--force", a.force, "overwrite an existing file");
  line.flag("-q,--quiet", a.quiet, "print errors only");
  line.footer(kFooter);
}

double number(Real x) { return static_cast<double>(x); }

std::string study_name(const std::string& path) { return std::filesystem::path(path).stem().string(); }

void write_csv(const std::string& path, const std::vector<ExperimentRow>& rows) {
  std::ofstream file(path);
  file << "study,method,samples,seed,widths,neurons,final,train_loss,test_loss,test_error,gradients,"
          "hessian_vectors,hessians,stop\n";
  for (const ExperimentRow& r : rows)
    file << fmt::format("{},{},{},{},{},{},{},{:.9g},{:.9g},{:.9g},{},{},{},\"{}\"\n", study_name(r.study),
                        r.method, r.samples, r.seed, fmt::join(r.widths, "-"), r.neurons(), r.final ? 1 : 0,
                        number(r.train_loss), number(r.test_loss), number(r.test_error), r.work.gradients,
                        r.work.hessian_vectors, r.work.hessians, r.stop);
  file.flush();
  if (!file) throw IoError(path + ": cannot be written");
}

void print_summary(const std::vector<ExperimentRow>& rows) {
  fmt::print("\n{:<24} {:<17} {:>8} {:>5} {:>8} {:>11} {:>11} {:>23} {:>10}\n", "study", "method", "samples",
             "runs", "neurons", "train loss", "test error", "range", "gradients");
  for (const ExperimentSummary& s : summarise(rows))
    fmt::print("{:<24} {:<17} {:>8} {:>5} {:>8g} {:>11.3g} {:>11.4g} {:>10.3g} to {:>9.3g} {:>10.3g}\n",
               study_name(s.study), s.method, s.samples, s.runs, number(s.neurons), number(s.train_loss),
               number(s.median), number(s.smallest), number(s.largest), number(s.gradients));
}

/// The exit status.
int report_failures(const std::vector<ExperimentRow>& rows) {
  const auto is_failed = [](const ExperimentRow& r) { return r.final && r.failed; };
  const auto first = std::find_if(rows.begin(), rows.end(), is_failed);
  if (first == rows.end()) return 0;
  fmt::print(stderr, "sf-experiment: {} of {} runs failed; {}, {} samples, seed {}: {} ended with {}\n",
             std::count_if(rows.begin(), rows.end(), is_failed),
             std::count_if(rows.begin(), rows.end(), [](const ExperimentRow& r) { return r.final; }),
             first->study, first->samples, first->seed, first->method, first->stop);
  return 3;
}

int run(const Arguments& a) {
  for (const std::string& study : a.studies) check_output(study, a.output, a.force);
  catch_interrupts();
  const bool progress = !a.quiet && isatty(STDERR_FILENO) != 0;
  ExperimentOptions options;
  options.interrupt = &interrupted;
  if (progress) {
    options.on_row = [](const ExperimentRow& r) {
      if (!r.final) return;
      fmt::print(stderr, "\r\033[K{}, {} samples, seed {}: {}, test error {:.4g}", study_name(r.study),
                 r.samples, r.seed, r.method, number(r.test_error));
      std::fflush(stderr);
    };
  }
  std::vector<ExperimentRow> rows;
  for (const std::string& study : a.studies) {
    std::vector<ExperimentRow> found = run_experiment(study, a.overrides, options);
    rows.insert(rows.end(), found.begin(), found.end());
    if (!a.output.empty()) write_csv(a.output, rows);  // a long job loses no study that is done
  }
  if (progress) fmt::print(stderr, "\r\033[K");
  if (!a.quiet) {
    print_summary(rows);
    if (!a.output.empty()) fmt::print("\nfile:    {}\n", a.output);
  }
  if (interrupted) return 130;
  return report_failures(rows);
}

}  // namespace

int main(int argc, char** argv) {
  return run_tool(
      {"sf-experiment", "Test errors of Neuron Pursuit, small-start flow and gradient descent.", argc, argv},
      [](CommandLine& line) {
        Arguments arguments;
        add_options(line, arguments);
        return line.parse() ? run(arguments) : 0;
      });
}
