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

void add_options(CommandLine& line, Arguments& a) {
  line.required("run", a.run, "file written by any of the tools", "FILE.h5");
  line.text("--csv", a.csv, "write the tables as CSV files into this folder", "FOLDER");
  line.flag("--weights", a.weights, "with --csv: include the columns that hold one number per weight");
  line.text("--compressed", a.compressed, "write a compressed copy (deflate)", "FILE");
  line.text("--v1.8", a.v1_8, "write a copy for programs that use HDF5 1.8 (old versions of MATLAB)", "FILE");
  line.flag("--force", a.force, "overwrite existing files");
  line.flag("-q,--quiet", a.quiet, "print errors only");
  line.note(
      "--csv writes one file for every table that has rows (time, snapshots, events, saddles, catalogue, "
      "kkt, rounds ...). output/README.md describes the columns. Flags are written as words, unknown values "
      "as empty cells. The copies hold everything that the file holds; their axes can no longer grow.");
}

int run(const Arguments& a) {
  if (a.csv.empty() && a.compressed.empty() && a.v1_8.empty())
    throw InputError("nothing to do, expected --csv FOLDER, --compressed FILE or --v1.8 FILE");
  if (a.weights && a.csv.empty()) throw InputError("--weights: --csv FOLDER is required");
  const archive::OutputLock first = check_output({a.run}, a.compressed, a.force);
  const archive::OutputLock second = check_output({a.run}, a.v1_8, a.force);
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
  return run_tool({"sf-export",
                   "Exports a run file for other programs: as CSV tables, as a compressed copy, or as a copy "
                   "for HDF5 1.8.",
                   argc, argv},
                  [](CommandLine& line) {
                    Arguments arguments;
                    add_options(line, arguments);
                    return line.parse() ? run(arguments) : 0;
                  });
}
