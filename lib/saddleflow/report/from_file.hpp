// From the run file to what the page shows.
#pragma once

#include <string>
#include <vector>

#include "saddleflow/report/run_data.hpp"

namespace saddleflow::archive {
class RunReader;
}

namespace saddleflow::report {

/// Reads all time columns, events and saddles; of the snapshots the first, the last, those of the events and,
/// for two inputs, about 1500 along the run: a run may hold more weights than memory does. Throws as
/// RunReader does, and InputError when the run has no row yet.
RunData read_run(const archive::RunReader& reader);

/// The same from a path (recovers a killed file, as RunReader::open does).
RunData read_run(const std::string& path);

/// What a page of several runs shows: of each its texts, steps, loss and visits. InputError also where the
/// runs are not of one problem (archive::check_same_problem), one has no trajectory, or is a collected sweep.
std::vector<RunData> read_runs(const std::vector<std::string>& paths);

}  // namespace saddleflow::report
