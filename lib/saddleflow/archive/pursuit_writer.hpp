// The file of a growing network, /rounds and all. Its axes /parameter and /neuron grow with every round, so
// the whole file is made anew after each, in a draft that takes its name in one step: whatever the moment of
// a kill, the file is whole.
//
//   write_pursuit("run.h5", record, overwrite);   // after round 0
//   replace_pursuit("run.h5", record);            // after each further one, and at the end
#pragma once

#include <string>

#include "saddleflow/archive/pursuit_record.hpp"

namespace saddleflow::archive {

/// A new file. InputError if it exists and must not be overwritten, if the description contradicts itself, if
/// a vector is longer than its axis or a row number names no row; IoError if it cannot be written.
/// Overwriting removes an old run's checkpoint too.
void write_pursuit(const std::string& path, const PursuitRecord& record, bool overwrite);

/// Puts a record with more rounds in the place of the one in the file, which keeps `run_id`, `created` and
/// `history`. Readers may have the file open; one process alone may replace it. InputError if there is no
/// such file or it holds another kind of run, and as above; the file is then as it was.
void replace_pursuit(const std::string& path, const PursuitRecord& record);

/// All of it. InputError if the file has no /rounds, and as RunReader::open.
PursuitRecord read_pursuit(const std::string& path);

}  // namespace saddleflow::archive
