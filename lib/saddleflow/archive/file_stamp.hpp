// Is the file of this name still the one that was written or read? A file that grows is replaced as a whole,
// and readers may have it open: a lock cannot tell a second writer from them.
#pragma once

#include <cstdint>
#include <string>

namespace saddleflow::archive {

/// Device, inode and time of the last change: another file that takes the name has others.
struct FileStamp {
  std::uint64_t device = 0, inode = 0;
  std::int64_t seconds = 0, nanoseconds = 0;
  bool operator==(const FileStamp&) const = default;
};

/// IoError if there is no such file.
FileStamp stamp_of(const std::string& path);

}  // namespace saddleflow::archive
