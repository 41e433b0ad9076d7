// Data sets from files: CSV with the header x1,...,xd,y1,...,yk, or HDF5 with the datasets `inputs` and
// `targets`.
#pragma once

#include <filesystem>

#include "saddleflow/problem/dataset.hpp"

namespace saddleflow {

struct FileOptions {
  bool drop_gaps =
      false;  ///< leave out (and count) rows with an empty or NA cell instead of refusing the file
  bool standardise = false;    ///< every column of inputs and targets to mean 0 and (population) variance 1
  bool class_targets = false;  ///< targets are classes, which are left as they are
};

/// Reads a data set; files that carry the HDF5 signature or one of the endings .h5, .hdf5 are read as HDF5,
/// all others as CSV. HDF5: `inputs` is n x d, `targets` n x k or n, as xarray or MATLAB list them row by
/// row; a NaN is a gap there. Rows with gaps are dropped before columns are standardised. Throws InputError
/// naming the file and the line and column (or dataset) for content that does not fit, IoError when the file
/// cannot be read.
Dataset load_dataset(const std::filesystem::path& path, const FileOptions& options = {});

}  // namespace saddleflow
