// Who makes a file? A run, a pursuit, a survey takes long, and only at its end, or from time to time, there
// is a file of that name that could be locked. So a process that is to write FILE holds a lock on FILE.lock
// for as long: the first goes on, and the others learn at once who it is. The file goes when the process is
// done; what a killed process has left of it, and of its drafts, goes when the next one takes the lock.
#pragma once

#include <memory>
#include <string>

namespace saddleflow::archive {

class OutputLock {
 public:
  /// None.
  OutputLock() = default;
  /// Locks the output; symbolic links are followed. Within a process further locks of the same output share
  /// the first. IoError naming the process that has it. Without locks (HDF5_USE_FILE_LOCKING=FALSE, or a file
  /// system that has none) nothing is locked. `patience`: seconds to wait for another process.
  explicit OutputLock(const std::string& path, double patience = 0);

 private:
  std::shared_ptr<const void> held_;
};

}  // namespace saddleflow::archive
