// The state from which an interrupted run goes on, in a small file beside the run: run.h5 -> run.ckpt.h5.
// It is written under another name and renamed when it is on the disk, so that there is always one whole
// checkpoint.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/base/real.hpp"

namespace saddleflow::archive {

/// Whatever the caller needs, by name; names are those of HDF5 links, without '/'.
struct Checkpoint {
  std::string run_id;  ///< of the run file; RunWriter::checkpoint fills in this one and `rows`
  RowCounts rows;      ///< rows of the run file that belong to this state
  std::map<std::string, std::vector<Real>> reals;  ///< kept exactly, long double too
  std::map<std::string, std::vector<std::int64_t>> integers;
  std::map<std::string, std::string> texts;
};

/// "out/run.h5" -> "out/run.ckpt.h5"; of a symbolic link, that of the file to which it leads.
std::string checkpoint_path(const std::string& run_path);

/// Replaces the file at `path` in one go. Throws IoError, leaving an older checkpoint as it was.
void write_checkpoint(const std::string& path, const Checkpoint& checkpoint);

/// InputError if there is no such file, if it is no checkpoint or damaged, if it comes from a build with another Real,
/// or if its numbers are not those of its checksum (older checkpoints have none).
Checkpoint read_checkpoint(const std::string& path);

/// Removes the checkpoint of a run that has ended, if it is there.
void remove_checkpoint(const std::string& run_path);

}  // namespace saddleflow::archive
