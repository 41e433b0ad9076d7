// Changes a run file by way of a copy. HDF5 takes up and ends SWMR writing only by opening a file anew, so a
// file edited in place lies, for some milliseconds, in a state that no reader opens if its writer is killed
// just then. Here the edit happens in a draft beside the file, which then takes its name in one step: at
// every moment the name stands for a whole file, the old one or the new one.
#pragma once

#include <string>
#include <utility>

#include "saddleflow/archive/file_stamp.hpp"
#include "saddleflow/archive/output_lock.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/existing_file.hpp"

namespace saddleflow::archive {

/// A draft, "FILE.<process>-<number>.part", of a file that exists or is to be made; removed unless committed.
/// Symbolic links are followed: the file at their end is drafted, beside it. While it lives, no other process
/// can draft the same file (OutputLock).
class Draft {
 public:
  /// A draft to be created by the caller. IoError if another process has the file of that name open.
  static Draft fresh(const std::string& path);
  /// The same of a file that is there; readers may have it open, and keep what they have opened.
  static Draft successor_of(const std::string& path);
  /// A draft that holds a copy of the file. IoError if another process has the file open, or without room.
  static Draft copy_of(const std::string& path);

  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  Draft(Draft&& other) noexcept;
  Draft& operator=(Draft&&) = delete;
  ~Draft();

  const std::string& path() const { return draft_; }

  /// Puts the draft on the disk and gives it the file's name. With `replace` false a file that has appeared
  /// there meanwhile stays: InputError. Returns the stamp that the file has then.
  FileStamp commit(ExistingFile existing = ExistingFile::replace);

 private:
  explicit Draft(const std::string& path);
  using Lock = bool (*)(int, const std::string&);
  void lock_file(Lock lock);

  OutputLock output_;
  std::string path_, draft_;
  int lock_ = -1;  ///< of the file that is replaced, if there is one
};

/// The message of the error, of the file instead of its draft.
std::string about(const std::string& path, const std::string& draft, const Error& error);

}  // namespace saddleflow::archive
