// sf-evaluate: what the network of a run is at any time: weights, outputs, losses, spectrum.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "interrupt.hpp"
#include "messages.hpp"
#include "output_file.hpp"
#include "progress.hpp"
#include "run_tables.hpp"
#include "saddleflow/job/evaluation.hpp"
#include "saddleflow/problem/input_rows.hpp"
#include "time_list.hpp"

namespace {

using namespace saddleflow;
using namespace saddleflow::tools;

struct Arguments {
  std::string run, output, inputs, times, spectrum = "ends";
  bool force = false, quiet = false;
};

void add_options(CommandLine& line, Arguments& a) {
  line.required("run", a.run, "run file written by sf-flow", "RUN.h5");
  line.text("--times", a.times, "flow times (default: the times of the events)", "LIST");
  line.text("--inputs", a.inputs,
            "also evaluate the network at these points: a CSV file with one point per line, in the units of "
            "/problem/inputs; the target columns of a data file are ignored",
            "FILE");
  line.text("--spectrum", a.spectrum,
            "which part of the Hessian's spectrum to compute: none, ends (the ten lowest and the ten highest "
            "eigenvalues; the default) or whole",
            "none|ends|whole");
  line.text("-o,--output", a.output,
            "file for all results: CSV if the name ends with .csv, else HDF5 that netCDF programs can read",
            "FILE");
  line.flag("--force", a.force, "overwrite an existing file");
  line.flag("-q,--quiet", a.quiet, "print errors only");
  line.note(
      "--times is a list of numbers and ranges, separated by commas. 0:50:11 stands for eleven equidistant "
      "times from 0 to 50, log:1e-2:1e4:25 for 25 times that are equidistant on a logarithmic scale.");
  line.note(
      "Between two stored snapshots the tool integrates the flow from the first one, at a tenth of the run's "
      "tolerance. The column 'error' is the error that this integration adds to that of the run, relative to "
      "|w|.");
  line.note(
      "A CSV file has one line per time, or with --inputs one line per time and point (time, x1, ..., h1, "
      "...). Any other file holds the weights as matrices, the outputs at all samples and points, and the "
      "eigenvalues.");
  line.exit_status_note("After an interruption the results so far are printed, and no file is written.");
}

EvaluationOptions evaluation_options(const Arguments& a) {
  EvaluationOptions options;
  options.times = parse_times(a.times);
  if (!a.inputs.empty()) options.inputs = read_input_rows(a.inputs);
  options.spectrum = by_name<SpectrumPart>(a.spectrum, "--spectrum");
  options.interrupt = &interrupted;
  options.progress = progress_line(a.quiet);
  return options;
}

void print_times(const Evaluation& evaluation) {
  fmt::print("\n{:>19} {:>13} {:>10} {:>13} {:>11} {:>11} {:>9}\n", "time", "loss", "|grad L|", "test loss",
             "lambda_min", "lambda_max", "error");
  for (const EvaluatedTime& at : evaluation.times) {
    const bool known = at.eigenvalues.size() > 0;
    const auto eigenvalue = [&](Index k) {
      return known ? fmt::format("{:.3e}", static_cast<double>(at.eigenvalues[k])) : std::string("-");
    };
    fmt::print("{:>19.13g} {:>13.7g} {:>10.2e} {:>13} {:>11} {:>11} {:>9.1e}\n", static_cast<double>(at.time),
               static_cast<double>(at.loss), static_cast<double>(at.gradient_norm),
               or_dash(static_cast<double>(at.test_loss), "{:.7g}"), eigenvalue(0),
               eigenvalue(at.eigenvalues.size() - 1), static_cast<double>(at.error));
  }
}

void write(const Arguments& a, const KktProblem& problem, const EvaluationOptions& options,
           const Evaluation& evaluation, const std::string& command) {
  if (a.output.ends_with(".csv"))
    write_evaluation_csv(a.output, options, evaluation, existing_file(a.force));
  else
    archive::write_table_file(a.output, describe_evaluation(problem, options, evaluation, command),
                              existing_file(a.force));
}

int run(const Arguments& a, const std::string& command) {
  const archive::OutputLock mine = check_output({a.run}, a.output, a.force);
  const EvaluationOptions options = evaluation_options(a);
  KktProblem problem = open_problem(a.run, {}, command);
  if (!problem.run) throw InputError(a.run + ": is a study, expected the file of a run");
  catch_interrupts();
  const Evaluation evaluation = evaluate_run(problem, options);
  if (options.progress) say("\r\033[K");
  // First of all: what cannot be printed is not lost with it.
  const bool to_be_written = !a.output.empty() && !evaluation.interrupted;
  if (to_be_written) write(a, problem, options, evaluation, command);
  if (!a.quiet) {
    print_heading(stdout, problem.description);
    print_times(evaluation);
    if (to_be_written) fmt::print("file:    {}\n", a.output);
  }
  return evaluation.interrupted ? 130 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_tool({"sf-evaluate",
                   "Evaluates the network of a run at any time: weights, outputs, losses and the spectrum of "
                   "the Hessian.",
                   argc, argv},
                  [](CommandLine& line) {
                    Arguments arguments;
                    add_options(line, arguments);
                    return line.parse() ? run(arguments, line.command()) : 0;
                  });
}
