// sf-experiment: test errors of Neuron Pursuit, the flow from a small start and gradient descent.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "interrupt.hpp"
#include "messages.hpp"
#include "output_file.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/output_path.hpp"
#include "validation/experiment.hpp"

namespace {

using namespace saddleflow;
using namespace saddleflow::tools;

struct Arguments {
  std::vector<std::string> studies, overrides;
  std::string output;
  std::int64_t jobs = Workers::all_cores();
  bool force = false, quiet = false;
};

void add_options(CommandLine& line, Arguments& a) {
  line.required("studies", a.studies, "studies that have a test set", "STUDY.toml...");
  line.text("-o,--output", a.output, "CSV file for the results of every single run", "FILE.csv");
  line.set(a.overrides);
  line.jobs(a.jobs, "shared by sizes and seeds");
  line.flag("--force", a.force, "overwrite an existing file");
  line.flag("-q,--quiet", a.quiet, "print errors only");
  line.note(
      "Every study is run for every size of the training set (experiment.samples) and every seed "
      "(experiment.seeds). Neuron Pursuit runs first, as [pursuit] states. The other two methods then train "
      "networks of the width at which it ended: gradient flow from init.scale times a Gaussian direction, "
      "and full-batch gradient descent from a standard initialisation (normal, variance 2/fan-in). With "
      "experiment.widths=true they also train the widths of all earlier rounds, on the largest training "
      "set.");
  line.note(
      "The test error is the share of the targets' variance that is not explained (square loss), or the "
      "share of wrong signs (logistic loss). The printed table gives its median and range over the seeds. "
      "The CSV file holds every run, and the pursuits after every round.");
  line.exit_status_note(
      "If a run fails, the status is 3 and the table holds the other runs. After an interruption the results "
      "so far are printed and written.");
}

double number(Real x) { return static_cast<double>(x); }

std::string study_name(const std::string& path) { return std::filesystem::path(path).stem().string(); }

std::string csv_of(const std::vector<ExperimentRow>& rows) {
  std::string text =
      "study,method,samples,seed,widths,neurons,final,train_loss,test_loss,test_error,gradients,"
      "hessian_vectors,hessians,stop\n";
  for (const ExperimentRow& r : rows)
    text += fmt::format("{},{},{},{},{},{},{},{:.9g},{:.9g},{:.9g},{},{},{},\"{}\"\n", study_name(r.study),
                        r.method, r.samples, r.seed, fmt::join(r.widths, "-"), r.neurons(), r.final ? 1 : 0,
                        number(r.train_loss), number(r.test_loss), number(r.test_error), r.work.gradients,
                        r.work.hessian_vectors, r.work.hessians, r.stop);
  return text;
}

/// The rows so far, in a file that is whole at any time. A long job that is killed loses the rows of some
/// seconds.
class ResultFile {
 public:
  explicit ResultFile(std::string path) : path_(std::move(path)) {}

  /// Of a study in progress, in the order in which they come.
  void add(const ExperimentRow& row) {
    coming_.push_back(row);
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < kBetweenWrites) return;
    last_ = now;
    std::vector<ExperimentRow> all = rows_;
    all.insert(all.end(), coming_.begin(), coming_.end());
    try {
      write(all);
    } catch (const Error&) {
      // The disk may have room again later; the end of the study tells.
    }
  }

  /// Of a study that is done, in their order. IoError.
  void finish(const std::vector<ExperimentRow>& found) {
    rows_.insert(rows_.end(), found.begin(), found.end());
    coming_.clear();
    write(rows_);
  }

  const std::vector<ExperimentRow>& rows() const { return rows_; }

 private:
  void write(const std::vector<ExperimentRow>& rows) const {
    if (!path_.empty()) write_output(path_, csv_of(rows), ExistingFile::replace);
  }

  static constexpr std::chrono::seconds kBetweenWrites{5};  // a write takes milliseconds
  std::string path_;
  std::vector<ExperimentRow> rows_, coming_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

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
  complain(
      "sf-experiment",
      fmt::format("{} of {} runs failed; {}, {} samples, seed {}: {} ended with {}",
                  std::count_if(rows.begin(), rows.end(), is_failed),
                  std::count_if(rows.begin(), rows.end(), [](const ExperimentRow& r) { return r.final; }),
                  first->study, first->samples, first->seed, first->method, first->stop));
  return 3;
}

int run(const Arguments& a) {
  const archive::OutputLock mine = check_output(a.studies, a.output, a.force);
  catch_interrupts();
  const bool progress = !a.quiet && isatty(STDERR_FILENO) != 0;
  Workers workers(static_cast<int>(a.jobs));
  ExperimentOptions options;
  options.interrupt = &interrupted;
  options.workers = &workers;
  ResultFile results(a.output);
  options.on_row = [&](const ExperimentRow& r) {
    results.add(r);
    if (progress && r.final)
      say(fmt::format("\r\033[K{}, {} samples, seed {}: {}, test error {:.4g}", study_name(r.study),
                      r.samples, r.seed, r.method, number(r.test_error)));
  };
  std::string not_written;
  for (const std::string& study : a.studies) {
    const std::vector<ExperimentRow> found = run_experiment(study, a.overrides, options);
    try {
      results.finish(found);
      not_written.clear();
    } catch (const IoError& error) {
      not_written = error.what();
    }
  }
  const std::vector<ExperimentRow>& rows = results.rows();
  if (progress) say("\r\033[K");
  if (!a.quiet) {
    print_summary(rows);
    if (!a.output.empty() && not_written.empty()) fmt::print("\nfile:    {}\n", a.output);
  }
  if (!not_written.empty()) throw IoError(not_written);  // the table is printed even so
  if (interrupted) return 130;
  return report_failures(rows);
}

}  // namespace

int main(int argc, char** argv) {
  return run_tool(
      {"sf-experiment",
       "Compares the test errors of Neuron Pursuit, of the flow from a small start and of gradient descent.",
       argc, argv},
      [](CommandLine& line) {
        Arguments arguments;
        add_options(line, arguments);
        return line.parse() ? run(arguments) : 0;
      });
}
