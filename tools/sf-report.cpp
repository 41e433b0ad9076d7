// sf-report FILE.h5... [-o FILE.html]: a run, or several of one problem, as one page for the browser.
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "command_line.hpp"
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
  line.required("FILE", options.files,
                "the run: an HDF5 file written by sf-flow; or several of one problem (network, data, loss)",
                "FILE.h5...");
  line.text("-o,--output", options.output, "the page (default for one run: FILE with the ending .html)",
            "FILE.html");
  line.flag("-f,--force", options.force, "overwrite an existing page");
  line.footer(
      "The page holds everything it shows and never touches the network: loss, norms, neuron directions,\n"
      "critical points, spectra at the saddles, gauges, events, skeletons (sf-skeleton -o), the study and "
      "where\n"
      "the run came from. Of several runs it shows the losses with their median and range over a common "
      "time,\n"
      "and all visits.\n"
      "Its address takes the axes, the zoom and the paper,\n"
      "for example run.html#x=log&y=log&zoom=100,2000&theme=dark (x: linear, log, steps). Every chart can "
      "be\n"
      "saved as SVG and as CSV.\n\n"
      "Exit status: 0 done, 2 bad command line or input, 4 the file or the page cannot be read or written.");
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
  else
    write_page(options.output, read_run(options.files.front()), existing);
  std::printf("%s\n", options.output.c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace saddleflow::tools;
  return run_tool(
      {"sf-report", "Shows a run, or several of one problem, as one self-contained HTML page", argc, argv},
      [](CommandLine& line) {
        Options options;
        describe(line, options);
        return line.parse() ? report(options) : 0;
      });
}
