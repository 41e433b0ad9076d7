// What the tables that are added to a finished run have in common (kkt_writer, saddle_writer,
// pursuit_writer). Internal to archive/.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "saddleflow/archive/file_stamp.hpp"
#include "saddleflow/archive/hdf5/handle.hpp"
#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/archive/schema.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/existing_file.hpp"

namespace saddleflow::archive {

using FileChange = std::function<void(hid_t)>;

/// That the numbers which rows of one table hold of rows of another are such: `lowest` to `count` - 1.
/// InputError.
template <class Row>
void require_references(const std::string& file, const std::string& column, const std::vector<Row>& rows,
                        std::int64_t Row::*member, std::int64_t lowest, std::int64_t count) {
  const auto stray = std::find_if(
      rows.begin(), rows.end(), [&](const Row& row) { return row.*member < lowest || row.*member >= count; });
  if (stray == rows.end()) return;
  throw InputError(file + ": " + column + ": row " + std::to_string(stray - rows.begin()) + " names row " +
                   std::to_string((*stray).*member) + ", of " + std::to_string(count));
}

/// Removes those of the datasets that are there, off their scales first: scales keep lists of what refers to
/// them.
void remove_datasets(hid_t file, const std::vector<DatasetSpec>& specs);
void remove_group(hid_t file, const std::string& path);

/// Takes away what add_saddles() has given; the rows of /saddles stay.
void remove_saddle_record(hid_t file);

/// The tables of add_kkt() and add_saddles(), in an open file.
void put_kkt(hid_t file, const KktRecord& record, const std::vector<SnapshotRow>& alignment);
void put_saddles(hid_t file, const SaddleRecord& record);

/// A new file that is the run `run`, changed; `command` becomes a line of its history. InputError if `path`
/// is the run itself, or exists and must not be overwritten; IoError if the run is being written.
void copy_run(const std::string& run, const std::string& path, const std::string& command,
              ExistingFile existing, const FileChange& change);

/// A line of the file's history: now, and the command.
void add_history(hid_t file, const std::string& command);

/// Makes a run file at a free path, changed, and its summary.
void fill_run_file(const std::string& path, const RunDescription& description, const RunSummary& summary,
                   const FileChange& change);

/// A new file without a trajectory, changed, and its summary. Returns its stamp.
FileStamp create_run_without_rows(const std::string& path, const RunDescription& description,
                                  const RunSummary& summary, ExistingFile existing, const FileChange& change);

}  // namespace saddleflow::archive
