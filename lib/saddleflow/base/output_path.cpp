#include "saddleflow/base/output_path.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/input_file.hpp"

namespace saddleflow {

namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;  // as the kernel has it
// The longest ending of a file beside an output: ".1234567-12345678.part".
constexpr std::size_t kLongestEnding = 22;

[[noreturn]] void fail_to_write(const std::string& path, int error) {
  throw IoError(fmt::format("{}: cannot be written: {}", path, std::strerror(error)));
}

/// Closes and removes what has not been committed.
class TextDraft {
 public:
  explicit TextDraft(const std::string& path)
      : path_(path),
        name_(draft_name(path)),
        descriptor_(::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) fail_to_write(path_, errno);
  }
  TextDraft(const TextDraft&) = delete;
  TextDraft& operator=(const TextDraft&) = delete;
  ~TextDraft() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  void write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::write(descriptor_, text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail_to_write(path_, errno);
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  void commit(ExistingFile existing) {
    if (fsync(descriptor_) != 0 && errno != EINVAL) fail_to_write(path_, errno);
    const int closed = ::close(descriptor_);
    descriptor_ = -1;
    if (closed != 0) fail_to_write(path_, errno);
    if (rename_over(existing) != 0) {
      if (errno == EEXIST) throw InputError(path_ + ": the file exists; --force overwrites it");
      fail_to_write(path_, errno);
    }
    name_.clear();
  }

 private:
  int rename_over(ExistingFile existing) const {
    if (existing == ExistingFile::keep) {
      const int done = renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE);
      if (done == 0 || (errno != EINVAL && errno != ENOSYS)) return done;
    }
    return std::rename(name_.c_str(), path_.c_str());
  }

  std::string path_, name_;
  int descriptor_;
};

}  // namespace

std::string followed(const std::string& path) {
  fs::path end = path;
  std::error_code error;
  for (int k = 0; fs::is_symlink(fs::symlink_status(end, error)); ++k) {
    if (k == kMostLinks) throw InputError(path + ": symbolic links in a circle, expected a file");
    const fs::path target = fs::read_symlink(end, error);
    if (error) throw IoError(path + ": cannot follow the symbolic link: " + error.message());
    end = target.is_absolute() ? target : end.parent_path() / target;
  }
  return end.string();
}

void require_plain_output(const std::string& path) {
  // Before links are followed: those of /proc lead to things that have no path.
  const std::string kind = special_kind(path);
  if (!kind.empty())
    throw InputError(fmt::format("{}: is {}, no plain file, it cannot be overwritten", path, kind));
  const fs::path end = followed(path);
  const std::size_t length = end.filename().string().size();
  if (length == 0) throw InputError(path + ": names a folder, expected the name of a file");
  if (length > NAME_MAX - kLongestEnding)
    throw InputError(
        fmt::format("{}: a name of {} bytes, expected at most {}, so that drafts and checkpoint can "
                    "stand beside the file",
                    path, length, NAME_MAX - kLongestEnding));
  if (end.string().size() > PATH_MAX - 1 - kLongestEnding)
    throw InputError(fmt::format("{}: a path of {} bytes, expected at most {}", path, end.string().size(),
                                 PATH_MAX - 1 - kLongestEnding));
  std::error_code ignored;
  const fs::path folder = end.parent_path();
  if (!folder.empty() && !fs::is_directory(folder, ignored))
    throw IoError(path + ": cannot create the file: no such folder");
}

std::string draft_name(const std::string& path) {
  static std::atomic<unsigned> count{0};
  return fmt::format("{}.{}-{}.part", path, getpid(), count++ % 100'000'000);
}

void write_output(const std::string& path, std::string_view text, ExistingFile existing) {
  require_plain_output(path);
  const std::string end = followed(path);
  std::error_code ignored;
  if (existing == ExistingFile::keep && fs::exists(end, ignored))
    throw InputError(path + ": the file exists; --force overwrites it");
  TextDraft draft(end);
  draft.write(text);
  draft.commit(existing);
}

}  // namespace saddleflow
