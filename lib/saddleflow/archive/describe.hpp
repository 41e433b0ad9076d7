// Reads back what create.cpp wrote. Internal to archive/.
#pragma once

#include "saddleflow/archive/hdf5_handle.hpp"
#include "saddleflow/archive/run_file.hpp"

namespace saddleflow::archive {

/// InputError unless the file is a run file of a version that this library reads.
void require_run_file(hid_t file);

RunDescription read_description(hid_t file);
RunSummary read_summary(hid_t file);

}  // namespace saddleflow::archive
