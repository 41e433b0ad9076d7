// Ownership of HDF5 identifiers, and the few property lists and openings that the archive needs.
// The packaged C++ API has neither SWMR nor dimension scales, hence this thin layer over the C API; internal.
#pragma once

#include <hdf5.h>

#include <string>
#include <utility>

#include "saddleflow/archive/hdf5/error.hpp"

namespace saddleflow::archive::hdf5 {

/// Owns one identifier and closes it with the function that belongs to its kind. Movable, not copyable.
class Handle {
 public:
  using Closer = herr_t (*)(hid_t);

  Handle() = default;
  Handle(hid_t id, Closer closer) : id_(id), closer_(closer) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), closer_(other.closer_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(closer_, other.closer_);
    return *this;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  /// A failure to close what belongs to a file is kept for close_file(), where its last bytes may be lost.
  ~Handle() {
    if (id_ >= 0) release();
  }

  hid_t id() const { return id_; }
  operator hid_t() const { return id_; }

  /// Closes now; the result is HDF5's, for a file negative where the last bytes could not be written.
  herr_t close() { return id_ < 0 ? 0 : closer_(std::exchange(id_, H5I_INVALID_HID)); }

 private:
  void release() noexcept;

  hid_t id_ = H5I_INVALID_HID;
  Closer closer_ = nullptr;
};

/// File access in the latest format, which SWMR needs.
Handle latest_format();

/// Creates a file whose root tracks the order of its members. IoError if the path is taken, or its folder is
/// missing or read-only.
Handle create_file(const std::string& path);

/// Opens a file; flags as in H5Fopen. Throws IoError.
Handle open_file(const std::string& path, unsigned flags);

/// Opens for reading a file that this process has locked for itself: HDF5's own lock would be in its way.
Handle open_locked_file(const std::string& path);

/// Opens for writing, waiting a few seconds for readers that hold a lock while they open it.
Handle open_file_patiently(const std::string& path, unsigned flags);

/// Closes a file and throws IoError if its last bytes could not be written, or those of an object in it that
/// was closed before.
void close_file(Handle& file, const std::string& path);

Handle create_group(hid_t parent, const std::string& path);

/// InputError naming file and object if there is none.
Handle open_group(hid_t parent, const std::string& path);
Handle open_dataset(hid_t parent, const std::string& path);

/// Whether a link of that absolute path exists, at every level.
bool exists(hid_t file, const std::string& path);

}  // namespace saddleflow::archive::hdf5
