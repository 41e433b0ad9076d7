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

/// The calls of a run, one after the other. An interrupted run goes on. `overrides` are "section.key=value".
/// `again`: an output that exists is of this run and may be replaced by tools that cannot go on. `programs`:
/// the folder of the tools.
std::vector<Call> calls_of(const SweepFile& sweep, const std::vector<std::string>& overrides,
                           const std::string& stem, bool again, const std::string& programs);

}  // namespace saddleflow::sweep
