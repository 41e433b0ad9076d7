// Makes the whole of a run file but its rows: groups, datasets, scales, attributes, problem and
// configuration. SWMR writing, which follows, can only lengthen what is there. Internal to archive/.
#pragma once

#include <string>
#include <vector>

#include "saddleflow/archive/hdf5/handle.hpp"
#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/archive/schema.hpp"

namespace saddleflow::archive {

/// InputError if the description contradicts itself (sizes, flag names).
void validate(const RunDescription& description);

/// Writes a new file; the path must be free. Returns the run's id. Throws IoError, leaving no file behind.
std::string create_run_file(const std::string& path, const RunDescription& description);

/// The study of an existing file becomes that of the description.
void replace_configuration(hid_t file, const RunDescription& description);

/// Adds datasets to a file: those along axes that it has are as long as these, not known as yet.
/// `new_axes` are those that it gets with them; their groups exist.
void add_datasets(hid_t file, const RunDescription& description, const std::vector<AxisSpec>& new_axes,
                  std::vector<DatasetSpec> specs);

/// "2026-01-31T12:00:00Z", for `created` and `history`.
std::string utc_now();

}  // namespace saddleflow::archive
