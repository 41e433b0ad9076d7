// Copies of a run that is to go on. HDF5 does not use again what is free in a file that was closed: rows that
// are cut off, and what a process that was killed, or had no room, has left. A copy made dataset by dataset
// has none of it.
#pragma once

#include <hdf5.h>

#include <string>

#include "saddleflow/archive/run_file.hpp"

namespace saddleflow::archive {

/// Whether repack() can copy all that the file holds: groups, numbers, texts, hard links. A user may have
/// added other things.
bool can_be_repacked(hid_t file);

/// Writes the file anew to `copy`, which does not exist: chunks, axes that can grow, dimension scales and the
/// order of creation as they are, and of each stream at most so many rows. Throws IoError.
void repack(hid_t file, const std::string& copy, const RowCounts& rows);

}  // namespace saddleflow::archive
