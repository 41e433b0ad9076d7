#include "saddleflow/archive/file_stamp.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "saddleflow/base/error.hpp"

namespace saddleflow::archive {

FileStamp stamp_of(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0)
    throw IoError(path + ": cannot find the file: " + std::strerror(errno));
  return {static_cast<std::uint64_t>(found.st_dev), static_cast<std::uint64_t>(found.st_ino),
          static_cast<std::int64_t>(found.st_mtim.tv_sec), static_cast<std::int64_t>(found.st_mtim.tv_nsec)};
}

}  // namespace saddleflow::archive
