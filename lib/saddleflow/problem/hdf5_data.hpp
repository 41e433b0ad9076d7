// Data sets in HDF5: the datasets `inputs` and `targets`, one sample a row.
#pragma once

#include <string>

#include "saddleflow/problem/dataset.hpp"

namespace saddleflow {

/// Reads `inputs` (n x d) and `targets` (n x k, or n for one output). A NaN is a gap: its row is dropped and
/// counted (drop_gaps) or refused. Throws InputError naming file and dataset (and the row and column, counted
/// from 1) for a missing or non-numeric dataset, different numbers of rows, infinite numbers, and when no row
/// is left; IoError when the file cannot be read.
Dataset read_hdf5_data(const std::string& path, bool drop_gaps);

}  // namespace saddleflow
