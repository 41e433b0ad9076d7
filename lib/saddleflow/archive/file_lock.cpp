#include "saddleflow/archive/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <thread>
#include <utility>

#include "saddleflow/base/error.hpp"

namespace saddleflow::archive {

// HDF5's own switch, so that one variable turns all locks off.
bool locks_in_use() {
  const char* setting = std::getenv("HDF5_USE_FILE_LOCKING");
  return setting == nullptr || (std::string_view(setting) != "FALSE" && std::string_view(setting) != "0");
}

namespace {

[[noreturn]] void fail(const std::string& path, const std::string& action) {
  throw IoError(path + ": cannot " + action + ": " + std::strerror(errno));
}

[[noreturn]] void fail_to_lock(const std::string& path) {
  const int error = errno;
  throw IoError(path + ": cannot lock the file (errno " + std::to_string(error) + ", " +
                std::strerror(error) +
                "); on a file system without working locks set HDF5_USE_FILE_LOCKING=FALSE");
}

/// Locks without waiting; false if another process is in the way.
bool try_lock(int descriptor, int mode, const std::string& path) {
  if (!locks_in_use() || flock(descriptor, mode | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  const int error = errno;
  close(descriptor);
  errno = error;
  fail_to_lock(path);
}

void sync(const std::string& path, int flags) {
  const int descriptor = open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) fail(path, "open");
  const bool done = fsync(descriptor) == 0;
  const int error = errno;
  close(descriptor);
  errno = error;
  if (!done) fail(path, "put on the disk");
}

// Another process may be asking is_locked() at this moment, which takes it microseconds; a machine under load
// may hold it up for longer.
constexpr auto kLongestQuestion = std::chrono::seconds(2);
constexpr auto kBetweenQuestions = std::chrono::milliseconds(1);  // short beside what a person notices

}  // namespace

WriterLock::WriterLock(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(path, "open the file");
  const auto deadline = std::chrono::steady_clock::now() + kLongestQuestion;
  while (!try_lock(descriptor, LOCK_SH, path)) {
    if (std::chrono::steady_clock::now() > deadline) {
      close(descriptor);
      errno = EWOULDBLOCK;
      fail_to_lock(path);
    }
    std::this_thread::sleep_for(kBetweenQuestions);
  }
  descriptor_ = descriptor;
}

WriterLock::WriterLock(WriterLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

WriterLock& WriterLock::operator=(WriterLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

void WriterLock::release() {
  if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
}

bool lock_exclusively(int descriptor, const std::string& path) { return try_lock(descriptor, LOCK_EX, path); }

bool lock_shared(int descriptor, const std::string& path) { return try_lock(descriptor, LOCK_SH, path); }

bool is_locked(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(path, "open the file");
  const bool free = try_lock(descriptor, LOCK_EX, path);
  close(descriptor);
  return !free;
}

void sync_file(const std::string& path) { sync(path, O_RDONLY); }

void sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  sync(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
}

}  // namespace saddleflow::archive
