// sf-report FILE.h5... [-o FILE.html]: a run, several of one problem, or a sweep, as one page for the
// browser.
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "command_line.hpp"
#include "saddleflow/archive/sweep_reader.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/report/from_file.hpp"
#include "saddleflow/report/page.hpp"

namespace {

struct Options {
  std::vector<std::string> files;
  std::string output;
  bool force = false;
};

void describe(saddleflow::tools::CommandLine& line, Options& options) {
  line.required(
      "FILE", options.files,
      "HDF5 file written by any of the tools, also the collected file of a sweep; or several run files "
      "of one problem (same network, data and loss)",
      "FILE.h5...");
  line.text("-o,--output", options.output, "HTML file (default for one run: FILE with the ending .html)",
            "FILE.html");
  line.flag("-f,--force", options.force, "overwrite an existing page");
  line.note(
      "The page loads nothing from elsewhere. It shows the loss, the norms and directions of the neurons, "
      "critical points, the spectra at the saddles, gauges, events, skeletons (sf-skeleton -o), the study "
      "and the origin of the run. For "
      "several runs it shows the losses over a common time, with median and range, and the visits of all "
      "runs. Every chart can be saved as SVG and as CSV.");
  line.note(
      "For the collected file of a sweep (sf-sweep --collect) it shows what became of the runs, their losses "
      "grouped by an axis, any result over any axis with the fitted exponent, the visits by value of an "
      "axis, and "
      "a table of all runs. The reader chooses the axes on the page.");
  line.note("The address of the page can select the axes (linear, log or steps), the zoom and the colours:");
  line.example("run.html#x=log&y=log&zoom=100,2000&theme=dark");
}

int report(Options options) {
  using namespace saddleflow::report;
  const bool several = options.files.size() > 1;
  if (several && options.output.empty())
    throw saddleflow::InputError(
        fmt::format("no name for the page of {} runs, expected -o FILE.html", options.files.size()));
  if (options.output.empty())
    options.output = std::filesystem::path(options.files.front()).replace_extension(".html").string();
  const saddleflow::ExistingFile existing = saddleflow::existing_file(options.force);
  if (several)
    write_page(options.output, read_runs(options.files), existing);
  else if (saddleflow::archive::is_sweep_file(options.files.front()))
    write_page(options.output, saddleflow::archive::read_sweep(options.files.front()), existing);
  else
    write_page(options.output, read_run(options.files.front()), existing);
  std::printf("%s\n", options.output.c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace saddleflow::tools;
  return run_tool(
      {"sf-report",
       "Writes one self-contained HTML page about a run, several runs of one problem, or a sweep.", argc,
       argv},
      [](CommandLine& line) {
        Options options;
        describe(line, options);
        return line.parse() ? report(options) : 0;
      });
}
