// KKT points in a run file: the group /kkt, and the columns of the snapshots that refer to it. Written in one
// step, to a file that nobody else writes.
#pragma once

#include <string>
#include <vector>

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/base/existing_file.hpp"

namespace saddleflow::archive {

/// Adds the table, or replaces the one that is there. `alignment`: empty, or one row for each snapshot of the
/// file, of which the members that refer to the table are written. InputError if a vector does not fit its
/// axis.
void add_kkt(const std::string& path, const KktRecord& record,
             const std::vector<SnapshotRow>& alignment = {});

/// A new file that is the run `run` with the table; `command` becomes a line of its history. Errors as
/// RunWriter::create.
void copy_with_kkt(const std::string& run, const std::string& path, const std::string& command,
                   const KktRecord& record, const std::vector<SnapshotRow>& alignment, ExistingFile existing);

/// A new file without a trajectory. Errors as RunWriter::create.
void create_with_kkt(const std::string& path, const RunDescription& description, const RunSummary& summary,
                     const KktRecord& record, ExistingFile existing);

}  // namespace saddleflow::archive
