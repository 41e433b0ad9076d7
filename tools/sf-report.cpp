// sf-report FILE.h5 [-o FILE.html]: a run as one page for the browser.
#include <cstdio>
#include <filesystem>
#include <string>

#include "command_line.hpp"
#include "saddleflow/report/from_file.hpp"
#include "saddleflow/report/page.hpp"

namespace {

struct Options {
  std::string file, output;
  bool force = false;
};

void describe(saddleflow::tools::CommandLine& line, Options& options) {
  line.required("FILE", options.file, "the run: an HDF5 file written by sf-flow", "FILE.h5");
  line.text("-o,--output", options.output, "the page (default: FILE with the ending .html)", "FILE.html");
  line.flag("-f,--force", options.force, "overwrite an existing page");
  line.footer(
      "The page holds everything it shows and never touches the network: loss, norms, neuron directions,\n"
      "critical points, spectra at the saddles, gauges, events, the study and where the run came from. Its\n"
      "address takes the axes,\n"
      "for example run.html#x=log&y=log&theme=dark (x: linear, log, steps).\n\n"
      "Exit status: 0 done, 2 bad command line or input, 4 the file or the page cannot be read or written.");
}

int report(Options options) {
  using namespace saddleflow::report;
  if (options.output.empty())
    options.output = std::filesystem::path(options.file).replace_extension(".html").string();
  write_page(options.output, read_run(options.file), saddleflow::existing_file(options.force));
  std::printf("%s\n", options.output.c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace saddleflow::tools;
  return run_tool({"sf-report", "Shows a run as one self-contained HTML page", argc, argv},
                  [](CommandLine& line) {
                    Options options;
                    describe(line, options);
                    return line.parse() ? report(options) : 0;
                  });
}
