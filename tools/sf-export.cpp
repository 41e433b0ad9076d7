// sf-export: a run file for other programs: tables as CSV, a compressed copy, a copy in the format of
// HDF5 1.8.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "command_line.hpp"
#include "output_file.hpp"
#include "saddleflow/archive/export_csv.hpp"
#include "saddleflow/archive/rewrite.hpp"
#include "saddleflow/archive/run_reader.hpp"

namespace {

using namespace saddleflow;
using namespace saddleflow::tools;

struct Arguments {
  std::string run, csv, compressed, v1_8;
  bool weights = false, force = false, quiet = false;
};

constexpr const char* kFooter =
    "--csv writes one file for every table that has rows (time, snapshots, events, saddles, catalogue, kkt, "
    "rounds ...),\ncolumns as in output/README.md; flags are words, what is not known is empty. The copies "
    "hold all "
    "that the file\nholds; axes that could grow are as long as they are.\n\n"
    "Exit status: 0 done, 2 bad input, 4 input/output.";

void add_options(CommandLine& line, Arguments& a) {
  line.required("run", a.run, "run file, of any of the tools", "FILE.h5");
  line.text("--csv", a.csv, "folder for the tables as CSV", "FOLDER");
  line.flag("--weights", a.weights, "--csv: also the columns with a number for every weight");
  line.text("--compressed", a.compressed, "copy of the file, deflated", "FILE");
  line.text("--v1.8", a.v1_8, "copy of the file for programs with HDF5 1.8 (old MATLAB)", "FILE");
  line.flag("--force", a.force, "overwrite existing files");
  line.flag("-q,--quiet", a.quiet, "print errors only");
  line.footer(kFooter);
}

int run(const Arguments& a) {
  if (a.csv.empty() && a.compressed.empty() && a.v1_8.empty())
    throw InputError("nothing to do, expected --csv FOLDER, --compressed FILE or --v1.8 FILE");
  if (a.weights && a.csv.empty()) throw InputError("--weights: --csv FOLDER is required");
  for (const std::string& copy : {a.compressed, a.v1_8}) check_output(a.run, copy, a.force);
  std::vector<std::string> written;
  {
    const archive::RunReader file = archive::RunReader::open(a.run);
    if (file.live()) throw IoError(a.run + ": another process is writing this run");
    if (!a.csv.empty())
      written = archive::export_csv(
          file, a.csv, a.weights ? archive::WeightColumns::write : archive::WeightColumns::leave_out,
          existing_file(a.force));
  }
  const auto copy = [&](const std::string& to, archive::Packing packing) {
    if (to.empty()) return;
    archive::rewrite(a.run, to, packing, existing_file(a.force));
    written.push_back(to);
  };
  copy(a.compressed, archive::Packing::compressed);
  copy(a.v1_8, archive::Packing::v1_8);
  if (!a.quiet)
    for (const std::string& path : written) fmt::print("{}\n", path);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_tool({"sf-export", "A run file for other programs: CSV, compressed, HDF5 1.8.", argc, argv},
                  [](CommandLine& line) {
                    Arguments arguments;
                    add_options(line, arguments);
                    return line.parse() ? run(arguments) : 0;
                  });
}
