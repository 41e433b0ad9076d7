// Data sets in HDF5: two datasets, one sample a row.
#pragma once

#include <string>

#include "saddleflow/problem/data_files.hpp"

namespace saddleflow {

/// Reads the inputs (n x d, or n for one) and the targets (n x k, or n). A NaN is a gap: its row is dropped
/// and counted (drop_gaps) or refused. Throws InputError naming file and dataset (and the row and column,
/// counted from 1) for a missing or non-numeric dataset, different numbers of rows, infinite numbers, and
/// when no row is left; IoError when the file cannot be read.
Dataset read_hdf5_data(const std::string& path, const ArrayNames& names, bool drop_gaps);

}  // namespace saddleflow
