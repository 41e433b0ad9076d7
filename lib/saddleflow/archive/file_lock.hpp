// Who writes a run file? HDF5 gives its lock up when SWMR writing starts, and the flags that remain in the
// file are those of a killed writer too. So a live RunWriter holds a shared flock of its own on the file:
// SWMR readers, which lock shared for a moment, pass it; anything that opens for writing (a recovery,
// h5clear) does not.
#pragma once

#include <string>

namespace saddleflow::archive {

/// A shared lock on a file for as long as the object lives. Movable.
class WriterLock {
 public:
  WriterLock() = default;
  /// Throws IoError if the lock cannot be had.
  explicit WriterLock(const std::string& path);
  WriterLock(WriterLock&& other) noexcept;
  WriterLock& operator=(WriterLock&& other) noexcept;
  ~WriterLock() { release(); }

  void release();

 private:
  int descriptor_ = -1;
};

/// Locks an open file for this process alone, without waiting; false if another process has it locked. The
/// lock goes with the descriptor. IoError, the descriptor closed, if the file system has no locks.
bool lock_exclusively(int descriptor, const std::string& path);

/// The same beside others that do so; false if another process has the file for itself.
bool lock_shared(int descriptor, const std::string& path);

/// False if HDF5_USE_FILE_LOCKING turns all locks off. Then is_locked() is always false.
bool locks_in_use();

/// Whether a process has the file open for writing.
bool is_locked(const std::string& path);

/// Puts the file, or the folder of the file, on the disk: fsync. Throws IoError.
void sync_file(const std::string& path);
void sync_folder_of(const std::string& path);

}  // namespace saddleflow::archive
