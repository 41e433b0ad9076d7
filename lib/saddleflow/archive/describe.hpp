// Reads back what create.cpp wrote. Internal to archive/.
#pragma once

#include <string>
#include <vector>

#include "saddleflow/archive/hdf5/handle.hpp"
#include "saddleflow/archive/run_file.hpp"

namespace saddleflow::archive {

/// InputError unless the file is a run file of a version that this library reads.
void require_run_file(hid_t file);

/// The attribute of /network that says what effective widths count, in files that have them.
inline constexpr const char* width_attribute = "width_kind";
/// The attribute of /network that says what invariant manifolds are, in files with distances to them.
inline constexpr const char* manifold_attribute = "manifold_kind";
/// The attribute of /network that files of growing networks have, and its value.
inline constexpr const char* order_attribute = "order";
inline constexpr const char* birth_order = "birth";
/// Whether the file has it. InputError if its value is another.
bool is_growing(hid_t file);

/// The names of a flag's values 0, 1, ...
std::vector<std::string> flag_names(hid_t file, const std::string& dataset);

RunDescription read_description(hid_t file);
RunSummary read_summary(hid_t file);

}  // namespace saddleflow::archive
