// What becomes of a file that is in the place of a new one.
#pragma once

namespace saddleflow {

enum class ExistingFile {
  keep,    ///< InputError, and nothing is written
  replace  ///< all at once, when the new one is complete
};

/// As an option --force says.
constexpr ExistingFile existing_file(bool overwrite) {
  return overwrite ? ExistingFile::replace : ExistingFile::keep;
}

}  // namespace saddleflow
