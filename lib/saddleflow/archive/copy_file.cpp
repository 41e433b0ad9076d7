#include "saddleflow/archive/copy_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

namespace saddleflow::archive {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;  // bytes: few calls, and little memory

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }
  /// 0, or the errno: some file systems write at last here.
  int close() { return ::close(std::exchange(number_, -1)) == 0 ? 0 : errno; }

 private:
  int number_;
};

int write_block(int descriptor, const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t written = ::write(descriptor, bytes, count);
    if (written < 0 && errno != EINTR) return errno;
    if (written <= 0) continue;
    bytes += written;
    count -= static_cast<std::size_t>(written);
  }
  return 0;
}

}  // namespace

int copy_bytes(const std::string& from, const std::string& to) {
  const Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat original {};
  if (source.number() < 0 || fstat(source.number(), &original) != 0) return errno;
  const mode_t permissions = original.st_mode & 0777U;
  Descriptor copy(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions));
  if (copy.number() < 0 || fchmod(copy.number(), permissions) != 0) return errno;
  std::vector<char> block(kBlock);
  while (true) {
    const ssize_t count = ::read(source.number(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) return copy.close();
    if (const int error = write_block(copy.number(), block.data(), static_cast<std::size_t>(count)))
      return error;
  }
}

}  // namespace saddleflow::archive
