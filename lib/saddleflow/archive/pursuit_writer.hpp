// The file of a growing network, /rounds and all. Its axes /parameter and /neuron grow with every round, so
// the whole file is made anew after each, in a draft that takes its name in one step: whatever the moment of
// a kill, the file is whole.
//
//   FileStamp mine = write_pursuit("run.h5", record, existing);   // after round 0
//   mine = replace_pursuit("run.h5", record, mine);                // after each further one, and at the end
#pragma once

#include <optional>
#include <string>

#include "saddleflow/archive/file_stamp.hpp"
#include "saddleflow/archive/pursuit_record.hpp"
#include "saddleflow/base/existing_file.hpp"

namespace saddleflow::archive {

/// A new file. InputError if it exists and must not be overwritten, if the description contradicts itself, if
/// a vector is longer than its axis or a row number names no row; IoError if it cannot be written.
/// Overwriting removes an old run's checkpoint too. Returns the stamp of the file.
FileStamp write_pursuit(const std::string& path, const PursuitRecord& record, ExistingFile existing);

/// Puts a record with more rounds in the place of the one in the file, which keeps `run_id`, `created` and
/// `history`; `command`, if there is one, becomes a line of that. Readers may have the file open. IoError if
/// the file is not the `known` one any more: another process has changed it. InputError if there is no such
/// file or it holds another kind of run, and as above; the file is then as it was. Returns the stamp of the
/// new one.
FileStamp replace_pursuit(const std::string& path, const PursuitRecord& record,
                          const std::optional<FileStamp>& known = {}, const std::string& command = {});

/// All of it. InputError if the file has no /rounds, and as RunReader::open.
PursuitRecord read_pursuit(const std::string& path);

}  // namespace saddleflow::archive
