// NumPy's archives of arrays (.npz): ZIP files with one .npy file an array.
#pragma once

#include <string>

#include "saddleflow/archive/hdf5/hdf5.hpp"

namespace saddleflow {

/// The array `name` of the file, as parse_npy() takes it. InputError for a file that is no ZIP archive or a
/// damaged one, and for a missing array (those that are there are named).
archive::Matrix2D read_npz(const std::string& path, const std::string& name);

}  // namespace saddleflow
