#include "sweep/claim.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "saddleflow/archive/file_lock.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow::sweep {

Claim::Claim(const std::string& log) {
  if (!archive::locks_in_use()) return;
  constexpr mode_t as_umask_says = 0666;
  // Closed in the tools that the sweep starts: they would keep the lock. For writing, because NFS gives an
  // exclusive lock to writers only.
  descriptor_ = open(log.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, as_umask_says);
  if (descriptor_ < 0) return;  // the record, which is written next, says why nothing can be written here
  try {
    granted_ = archive::lock_exclusively(descriptor_, log);
  } catch (const IoError&) {
    descriptor_ = -1;  // closed; there are no locks here
  }
}

Claim::~Claim() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace saddleflow::sweep
