// Which tools a sweep can call, and how.
#pragma once

#include <string>
#include <vector>

#include "sweep/sweep_file.hpp"

namespace saddleflow::sweep {

/// A program with its arguments.
using Call = std::vector<std::string>;

/// InputError "`place`: ..." unless the tool takes a study (or the file of a run) and writes one file.
void require_study_tool(const std::string& tool, const std::string& place);
void require_run_tool(const std::string& tool, const std::string& place);

/// The file that the tool of the sweep writes for a run whose files begin with `stem` ("FOLDER/NAME"):
/// "FOLDER/NAME.h5".
std::string output_of(const SweepFile& sweep, const std::string& stem);
/// The files of the tools that follow: "FOLDER/NAME.saddles.h5".
std::string output_of(const FollowUp& next, const std::string& stem);

/// What there is of a run already.
struct Earlier {
  bool begun = false;  ///< the sweep has begun it before: files of the tools that follow are the sweep's own
  bool same = false;   ///< with the same settings: so is the file of a tool that cannot go on
};

/// The calls of a run, one after the other. An interrupted run goes on; files that are the sweep's own are
/// replaced. `overrides` are "section.key=value". `programs`: the folder of the tools.
std::vector<Call> calls_of(const SweepFile& sweep, const std::vector<std::string>& overrides,
                           const std::string& stem, const Earlier& earlier, const std::string& programs);

}  // namespace saddleflow::sweep
