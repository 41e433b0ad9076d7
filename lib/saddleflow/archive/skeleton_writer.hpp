// The file of a skeleton: the problem, the jumps, and the sequences compared with them, without a trajectory.
#pragma once

#include <string>

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/archive/skeleton_record.hpp"
#include "saddleflow/base/existing_file.hpp"

namespace saddleflow::archive {

/// A new file, whole or not at all. InputError if it exists and must not be overwritten, if a vector is
/// longer than its axis or a row number names no row; IoError if it cannot be written.
void create_with_skeleton(const std::string& path, const RunDescription& description,
                          const RunSummary& summary, const SkeletonRecord& record, ExistingFile existing);

}  // namespace saddleflow::archive
