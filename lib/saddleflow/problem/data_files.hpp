// Data sets from files: CSV with the header x1,...,xd,y1,...,yk, HDF5, and NumPy's .npz and .npy.
#pragma once

#include <filesystem>
#include <string>

#include "saddleflow/problem/dataset.hpp"

namespace saddleflow {

/// The names of the datasets in an HDF5 file, or of the arrays in an .npz file.
struct ArrayNames {
  std::string inputs = "inputs", targets = "targets";
  bool operator==(const ArrayNames&) const = default;
};

struct FileOptions {
  bool drop_gaps = false;  ///< leave out (and count) rows with a gap instead of refusing the file
  ArrayNames arrays = {};
  /// For a table without names (.npy): the number of its first columns that are inputs. 0 means not known;
  /// such a table is then refused.
  Index input_count = 0;
};

/// Reads a data set. The kind of the file follows from its first bytes, or else from the ending .h5, .hdf5,
/// .npy or .npz; all other files are read as CSV. HDF5 and .npz: the inputs are n x d (or n), the targets n x
/// k (or n), as xarray, NumPy or MATLAB list them row by row; a NaN is a gap. Throws InputError naming the
/// file and the line and column (or dataset) for content that does not fit, IoError when the file cannot be
/// read.
Dataset load_dataset(const std::filesystem::path& path, const FileOptions& options = {});

}  // namespace saddleflow
