// A checksum over all bytes of a file, written behind what HDF5 knows of it. The HDF5 library (1.10) can
// crash on a file with a wrong byte; with the seal such a file is refused before it is opened. Internal to
// archive/.
#pragma once

#include <string>

namespace saddleflow::archive {

/// Appends the seal to a file that is closed. IoError.
void seal_file(const std::string& path);

/// InputError if the file has a seal that its bytes do not give. One without a seal (of an older version, or
/// changed by a program of HDF5, which drops it) passes. IoError if it cannot be read.
void require_seal(const std::string& path);

}  // namespace saddleflow::archive
