// Makes the whole of a run file but its rows: groups, datasets, scales, attributes, problem and
// configuration. SWMR writing, which follows, can only lengthen what is there. Internal to archive/.
#pragma once

#include <string>

#include "saddleflow/archive/hdf5_handle.hpp"
#include "saddleflow/archive/run_file.hpp"

namespace saddleflow::archive {

/// InputError if the description contradicts itself (sizes, flag names).
void validate(const RunDescription& description);

/// Writes a new file; the path must be free. Returns the run's id. Throws IoError, leaving no file behind.
std::string create_run_file(const std::string& path, const RunDescription& description);

/// Adds the group /kkt, empty, and the columns of the snapshots that refer to it, not known as yet.
void create_kkt_group(hid_t file, const RunDescription& description);

/// "2026-01-31T12:00:00Z", for `created` and `history`.
std::string utc_now();

}  // namespace saddleflow::archive
