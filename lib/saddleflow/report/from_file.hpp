// From the run file to what the page shows.
#pragma once

#include <string>

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

}  // namespace saddleflow::report
