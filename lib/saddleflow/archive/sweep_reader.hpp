// Reads the file that sf-sweep --collect writes.
#pragma once

#include <string>

#include "saddleflow/archive/sweep_record.hpp"

namespace saddleflow::archive {

/// Whether the file says of itself that it is a collected sweep (attribute sweep_format of the root).
/// Not so of one that cannot be opened. InputError: no such file, or no HDF5 file.
bool is_sweep_file(const std::string& path);

/// All of it, with the extents of every table checked against the number of runs and the common times. The
/// other datasets of numbers along `run` are the scalars, those of two axes the lists, in the order of the
/// file. What a later version may add besides (texts without a role, further curves, more axes) is not read.
///
/// InputError names the file and what is wrong: no collected sweep, another major version, no run, a missing
/// dataset or attribute, another number of axes, another extent, texts where numbers are expected, an unknown
/// state or role, times that do not ascend, more visits counted than stored. IoError: it cannot be read.
SweepRecord read_sweep(const std::string& path);

}  // namespace saddleflow::archive
