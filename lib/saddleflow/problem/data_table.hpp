// Data sets from tables of numbers, one sample a row, wherever they come from.
#pragma once

#include <string>

#include "saddleflow/archive/hdf5/hdf5.hpp"
#include "saddleflow/problem/dataset.hpp"

namespace saddleflow {

/// A table and what messages call it.
struct DataTable {
  archive::Matrix2D numbers;
  std::string name;
};

/// Of `inputs` (n x d) and `targets` (n x k) of the file `path`. A NaN is a gap: its row is dropped and
/// counted (drop_gaps) or refused. Throws InputError naming file, table, row and column (from 1) for
/// different numbers of rows, infinite numbers, and when no row is left.
Dataset dataset_of(const std::string& path, const DataTable& inputs, const DataTable& targets,
                   bool drop_gaps);

/// "`first`, expected a number; 3 of 10 rows have gaps ..." as an InputError. `first`: where the first gap
/// is, and how it is written.
[[noreturn]] void refuse_gaps(const std::string& first, Index gaps, Index rows);

}  // namespace saddleflow
