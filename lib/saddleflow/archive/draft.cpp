#include "saddleflow/archive/draft.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

#include "saddleflow/archive/copy_file.hpp"
#include "saddleflow/archive/file_holders.hpp"
#include "saddleflow/archive/file_lock.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/output_path.hpp"

namespace saddleflow::archive {
namespace {

// A reader opens the file for a moment; longer than this it stays.
constexpr auto kLongestHoldOfReader = std::chrono::seconds(5);
constexpr auto kBetweenLocks = std::chrono::milliseconds(1);

bool same_file(int descriptor, const std::string& path) {
  struct stat open_one {};
  struct stat named {};
  return fstat(descriptor, &open_one) == 0 && stat(path.c_str(), &named) == 0 &&
         open_one.st_ino == named.st_ino && open_one.st_dev == named.st_dev;
}

/// Some file systems do not know the flag; there the check before creation has to do.
int rename_unless_there(const std::string& from, const std::string& to) {
  const int done = renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  if (done == 0 || (errno != EINVAL && errno != ENOSYS)) return done;
  return std::rename(from.c_str(), to.c_str());
}

}  // namespace

Draft::Draft(const std::string& path)
    : output_(path, kLongestHoldOfReader.count()), path_(followed(path)), draft_(draft_name(path_)) {}

Draft::Draft(Draft&& other) noexcept
    : output_(std::move(other.output_)),
      path_(std::move(other.path_)),
      draft_(std::exchange(other.draft_, std::string())),
      lock_(std::exchange(other.lock_, -1)) {}

Draft::~Draft() {
  std::error_code ignored;
  if (!draft_.empty()) std::filesystem::remove(draft_, ignored);
  if (lock_ >= 0) close(lock_);
}

void Draft::lock_file(Lock lock) {
  const auto deadline = std::chrono::steady_clock::now() + kLongestHoldOfReader;
  while (true) {
    const int descriptor = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) throw IoError(path_ + ": cannot open the file: " + std::strerror(errno));
    const bool locked = lock(descriptor, path_);
    // Whoever had the lock may have put another file in its place.
    if (locked && same_file(descriptor, path_)) {
      lock_ = descriptor;
      return;
    }
    close(descriptor);
    if (!locked && std::chrono::steady_clock::now() > deadline)
      throw IoError(path_ + ": " + holders_of(path_) +
                    " has this file open: close it there and try again (with "
                    "--resume, where a run was to go on or to end)");
    std::this_thread::sleep_for(kBetweenLocks);
  }
}

Draft Draft::fresh(const std::string& path) {
  Draft draft(path);
  std::error_code ignored;
  if (std::filesystem::exists(draft.path_, ignored)) draft.lock_file(lock_exclusively);
  return draft;
}

Draft Draft::successor_of(const std::string& path) {
  Draft draft(path);
  draft.lock_file(lock_shared);
  return draft;
}

Draft Draft::copy_of(const std::string& path) {
  Draft draft(path);
  draft.lock_file(lock_exclusively);
  if (const int error = copy_bytes(draft.path_, draft.draft_))
    throw IoError(path + ": cannot copy the file to " + draft.draft_ + ": " + std::strerror(error));
  return draft;
}

FileStamp Draft::commit(ExistingFile existing) {
  sync_file(draft_);
  const FileStamp stamp = stamp_of(draft_);
  const int done = existing == ExistingFile::replace ? std::rename(draft_.c_str(), path_.c_str())
                                                     : rename_unless_there(draft_, path_);
  if (done != 0) {
    if (errno == EEXIST) throw InputError(path_ + ": the file exists; --force overwrites it");
    throw IoError(path_ + ": cannot replace the file: " + std::strerror(errno));
  }
  draft_.clear();
  sync_folder_of(path_);
  return stamp;
}

std::string about(const std::string& path, const std::string& draft, const Error& error) {
  std::string text = error.what();
  if (text.starts_with(draft)) text.replace(0, draft.size(), path);
  return text;
}

}  // namespace saddleflow::archive
