// NumPy's format of one array (.npy).
#pragma once

#include <string>
#include <string_view>

#include "saddleflow/archive/hdf5/hdf5.hpp"

namespace saddleflow {

/// Whether `bytes` start as such an array does.
bool is_npy(std::string_view bytes);

/// An array of one or two axes (one: a single column) of little-endian integers of up to 8 bytes, f4, f8 or
/// bool, in C or Fortran order, as a table. `place` stands for the array in messages. Throws InputError for
/// any other type (objects, structures, texts, complex and big-endian numbers), number of axes or length, for
/// a header that is none, and for an integer that a double does not hold.
archive::Matrix2D parse_npy(std::string_view bytes, const std::string& place);

}  // namespace saddleflow
