// Critical points, how they are left, the visits of trajectories and what comes next, in a run file: the
// groups /catalogue, /escapes and /transitions, and the columns of /saddles beside the run's own record.
// Written in one step, to a file that nobody else writes.
#pragma once

#include <string>

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/archive/saddle_record.hpp"
#include "saddleflow/base/existing_file.hpp"

namespace saddleflow::archive {

/// Adds the tables, or replaces those that are there; the rows of /saddles become those of `record.visits`.
/// InputError if a vector does not fit its axis or a row number its table; the file is then as it was. All
/// spectra of the catalogue have one length, or are empty; those of the visits have that of the file. A run
/// that is resumed loses the tables: they tell of the trajectory as it was.
void add_saddles(const std::string& path, const SaddleRecord& record);

/// A new file that is the run `run` with the tables; `command` becomes a line of its history. Errors as
/// RunWriter::create and add_saddles.
void copy_with_saddles(const std::string& run, const std::string& path, const std::string& command,
                       const SaddleRecord& record, ExistingFile existing);

/// A new file without a trajectory, for a single point or the visits of several runs. Errors as above.
/// `description.eigenvalue_count`: length of the visits' spectra.
void create_with_saddles(const std::string& path, const RunDescription& description,
                         const RunSummary& summary, const SaddleRecord& record, ExistingFile existing);

}  // namespace saddleflow::archive
