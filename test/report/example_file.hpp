// The made-up runs as run files.
#pragma once

#include <string>

#include "saddleflow/report/run_data.hpp"

namespace saddleflow::report {

/// Writes `run` as an integrator would have, through archive::RunWriter.
void write_example_file(const std::string& path, const RunData& run);

}  // namespace saddleflow::report
