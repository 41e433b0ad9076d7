// What a kill leaves behind, and how it is put right.
//
// A writer that was killed leaves its flags in the superblock, and HDF5 refuses the file. Clearing the flags
// alone makes HDF5 cut the file at the end that the superblock last recorded, which may lie before flushed
// rows; so the recorded end is moved to the real end of the file in the same opening, as `h5clear -s
// --increment=0` does (h5clear.c of HDF5 1.10). Afterwards every stream is cut to its last whole row.
#pragma once

#include <string>

namespace saddleflow::archive {

enum class FileState {
  closed,  ///< nobody writes it
  live,    ///< another process is writing it
  killed,  ///< its writer is gone and has not closed it
};

/// InputError if there is no such file, or it is no HDF5 file.
FileState file_state(const std::string& path);

/// Makes a killed run file whole again: all flushed rows stay, unfinished ones go, and /run says "killed".
/// Throws IoError if its folder takes no copy of it, or it is damaged beyond that.
void recover(const std::string& path);

/// The same without a copy, for a file that nobody else knows of.
void recover_in_place(const std::string& path);

}  // namespace saddleflow::archive
