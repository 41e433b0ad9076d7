#include "saddleflow/archive/output_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "saddleflow/archive/file_holders.hpp"
#include "saddleflow/archive/file_lock.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/output_path.hpp"

namespace saddleflow::archive {
namespace {

constexpr auto kBetweenLooks = std::chrono::milliseconds(10);
constexpr std::size_t kLongestNote = 32;  // the number of a process, and a line break

/// A lock file that this process has for itself.
class HeldLock {
 public:
  HeldLock(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  HeldLock(const HeldLock&) = delete;
  HeldLock& operator=(const HeldLock&) = delete;
  ~HeldLock() {
    ::unlink(path_.c_str());  // while it is locked: the next one makes a file of its own
    ::close(descriptor_);
  }

 private:
  std::string path_;
  int descriptor_;
};

std::string note_in(int descriptor) {
  char text[kLongestNote];
  const ssize_t size = ::pread(descriptor, text, sizeof text, 0);
  return {text, static_cast<std::size_t>(std::max(size, ssize_t{0}))};
}

long process_in(const std::string& note) {
  long process = 0;
  std::from_chars(note.data(), note.data() + note.size(), process);
  return process;
}

/// Of a process that has ended without removing its lock.
void remove_drafts_of(long process, const std::string& output) {
  namespace fs = std::filesystem;
  const fs::path path = output;
  const fs::path folder = path.parent_path().empty() ? fs::path(".") : path.parent_path();
  const std::string start = fmt::format("{}.{}-", path.filename().string(), process);
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code ignored;
    if (name.starts_with(start) && name.ends_with(".part")) fs::remove(entry->path(), ignored);
  }
}

bool is_still_named(int descriptor, const std::string& path) {
  struct stat open_one {};
  struct stat named {};
  return fstat(descriptor, &open_one) == 0 && stat(path.c_str(), &named) == 0 &&
         open_one.st_ino == named.st_ino && open_one.st_dev == named.st_dev;
}

void write_note(int descriptor) {
  const std::string note = fmt::format("{}\n", getpid());
  // The note is for messages: a full disk takes the lock without it.
  if (ftruncate(descriptor, 0) == 0) static_cast<void>(!pwrite(descriptor, note.data(), note.size(), 0));
}

/// The lock; nothing where the file system has none. IoError after the patience.
std::shared_ptr<const void> take(const std::string& output, const std::string& shown, double patience) {
  const std::string path = output + ".lock";
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(patience);
  while (true) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0)
      throw IoError(fmt::format("{}: cannot be written: {}: {}", shown, path, std::strerror(errno)));
    const bool locked = flock(descriptor, LOCK_EX | LOCK_NB) == 0;
    const bool taken = !locked && errno == EWOULDBLOCK;
    if (!locked && !taken) {
      ::unlink(path.c_str());
      ::close(descriptor);
      return nullptr;
    }
    if (locked && is_still_named(descriptor, path)) {
      if (const long dead = process_in(note_in(descriptor)); dead > 0) remove_drafts_of(dead, output);
      write_note(descriptor);
      return std::make_shared<const HeldLock>(path, descriptor);
    }
    const std::string holder = taken ? process_name(process_in(note_in(descriptor))) : "";
    ::close(descriptor);
    if (taken && std::chrono::steady_clock::now() >= deadline)
      throw IoError(
          fmt::format("{}: {} is writing this file and goes on: wait until it is done, or take another name",
                      shown, holder));
    if (taken) std::this_thread::sleep_for(kBetweenLooks);
  }
}

/// One name for one output, however it is reached and whether it is there or not: `output` is no link.
std::string unique_name(const std::string& output) {
  const std::filesystem::path path = output;
  const std::filesystem::path folder = path.parent_path().empty() ? "." : path.parent_path();
  std::error_code error;
  const std::filesystem::path place = std::filesystem::canonical(folder, error);
  return error ? output : (place / path.filename()).string();
}

}  // namespace

OutputLock::OutputLock(const std::string& path, double patience) {
  if (!locks_in_use()) return;
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const void>> locks;
  const std::string output = followed(path);
  const std::lock_guard guard(mutex);
  std::weak_ptr<const void>& known = locks[unique_name(output)];
  held_ = known.lock();
  if (held_) return;
  held_ = take(output, path, patience);
  known = held_;
}

}  // namespace saddleflow::archive
