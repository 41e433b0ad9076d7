// Plain tables from any HDF5 file, for data that comes in one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace saddleflow::archive {

/// Row-major.
struct Matrix2D {
  std::int64_t rows = 0, columns = 0;
  std::vector<double> values;
};

/// A dataset of two axes, integers or floating-point numbers; one axis makes a matrix of one column.
/// InputError if the file is missing or no HDF5 file, if the dataset is missing (those that are there are
/// named) or not numeric, or has another number of axes; IoError if it cannot be read.
Matrix2D read_dataset_2d(const std::string& path, const std::string& name);

/// Paths of all datasets of a file, sorted. The same errors.
std::vector<std::string> dataset_names(const std::string& path);

}  // namespace saddleflow::archive
