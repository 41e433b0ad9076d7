// Copies of a run file in another packing.
#pragma once

#include <string>

#include "saddleflow/base/existing_file.hpp"

namespace saddleflow::archive {

enum class Packing {
  compressed,  ///< shuffled and deflated
  v1_8,        ///< in the format of HDF5 1.8, which old programs read
};

/// Writes everything that the file holds anew: groups, attributes, datasets, dimension scales; axes that
/// could grow are as long as they are now. InputError if `copy` exists and is to be kept; IoError if it
/// cannot be written, or the file holds what no run file does (links, compound types).
void rewrite(const std::string& path, const std::string& copy, Packing packing, ExistingFile existing);

}  // namespace saddleflow::archive
