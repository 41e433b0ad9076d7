#include "saddleflow/archive/hdf5/handle.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <new>
#include <thread>

#include "saddleflow/base/error.hpp"

namespace saddleflow::archive::hdf5 {
namespace {

// A reader opens the file for a moment; longer than this it stays.
constexpr auto kLongestHold = std::chrono::seconds(5);
constexpr auto kBetweenTries = std::chrono::milliseconds(10);  // opening a file takes about one
// A dataset's own cache: some chunks of 512 KiB; a prime number of slots, about a hundred a chunk, as HDF5
// advises.
constexpr std::size_t chunk_cache_slots = 521;
constexpr std::size_t chunk_cache_bytes = std::size_t{2} << 20;
// The smallest page of memory of any machine with Linux; larger ones are multiples of it.
constexpr hsize_t memory_page = 4096;
constexpr hsize_t smallest_free_space = 1;  // bytes that HDF5 keeps for later use, its default

/// Files of which an object could not be closed, with the reason: its last rows are not in the file.
class Losses {
 public:
  void add(const std::string& file, const std::string& reason) {
    const std::lock_guard guard(mutex_);
    reasons_.emplace(file, reason);
  }
  /// Empty where nothing is known to be lost.
  std::string take(const std::string& file) {
    const std::lock_guard guard(mutex_);
    const auto found = reasons_.find(file);
    if (found == reasons_.end()) return unnamed_ ? "an object of it could not be closed" : "";
    std::string reason = std::move(found->second);
    reasons_.erase(found);
    return reason;
  }
  /// Without room for a name: of every file that is open.
  void add_unnamed() { unnamed_ = true; }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> reasons_;
  std::atomic<bool> unnamed_{false};
};

Losses& losses() {
  static Losses all;
  return all;
}

bool lies_in_file(Handle::Closer closer) {
  return closer == H5Dclose || closer == H5Gclose || closer == H5Aclose || closer == H5Oclose;
}

Handle properties(hid_t kind) { return {H5Pcreate(kind), H5Pclose}; }

// A damaged file tells neither: that is no link that is missing.
bool has_link(hid_t file, const std::string& path) {
  return check(H5Lexists(file, path.c_str(), H5P_DEFAULT), file, path, "look up") > 0;
}

void require(hid_t parent, const std::string& path, const char* kind) {
  if (!exists(parent, path)) {
    throw InputError(file_name(parent) + ": no " + kind + " " + path + "; expected a saddleflow run file");
  }
}

}  // namespace

void Handle::release() noexcept {
  const hid_t file = lies_in_file(closer_) ? H5Iget_file_id(id_) : H5I_INVALID_HID;
  if (close() < 0 && file >= 0) {
    try {
      // The reason first: the next call of HDF5 clears it.
      const std::string reason = innermost_error().reason;
      losses().add(file_name(file), reason);
    } catch (const std::bad_alloc&) {
      losses().add_unnamed();
    }
  }
  if (file >= 0) H5Fclose(file);
}

Handle latest_format() {
  silence();
  Handle access = properties(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  return access;
}

Handle create_file(const std::string& path) {
  losses().take(path);  // of an earlier file of this name
  const Handle access = latest_format();
  const Handle creation = properties(H5P_FILE_CREATE);
  H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  // A kill ends a write between two pages of memory, never within one. What HDF5 writes again and again, such
  // as the header of a dataset, has a checksum; half new and half old, no reader could open it. With paged
  // allocation it lies within one page.
  H5Pset_file_space_strategy(creation, H5F_FSPACE_STRATEGY_PAGE, false, smallest_free_space);
  H5Pset_file_space_page_size(creation, memory_page);
  return {check(H5Fcreate(path.c_str(), H5F_ACC_EXCL, creation, access), path, "create the file"), H5Fclose};
}

namespace {

/// In SWMR mode HDF5 reads metadata whose checksum is wrong again, as its writer may just be writing it. It
/// doubles the pause each time, from a nanosecond on; by default a hundred times, which is for ever.
Handle access_for(unsigned flags) {
  constexpr unsigned most_attempts = 28;  // a quarter of a second for the last, half a second together
  Handle access = latest_format();
  if ((flags & (H5F_ACC_SWMR_READ | H5F_ACC_SWMR_WRITE)) != 0)
    H5Pset_metadata_read_attempts(access, most_attempts);
  return access;
}

}  // namespace

Handle open_file(const std::string& path, unsigned flags) {
  const Handle access = access_for(flags);
  return {check(H5Fopen(path.c_str(), flags, access), path, "open the file"), H5Fclose};
}

Handle open_locked_file(const std::string& path) {
  const Handle access = latest_format();
  H5Pset_file_locking(access, false, true);
  return {check(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), path, "open the file"), H5Fclose};
}

Handle open_file_patiently(const std::string& path, unsigned flags) {
  const Handle access = access_for(flags);
  const auto deadline = std::chrono::steady_clock::now() + kLongestHold;
  while (true) {
    const hid_t file = H5Fopen(path.c_str(), flags, access);
    if (file >= 0) return {file, H5Fclose};
    if (!innermost_error().locking || std::chrono::steady_clock::now() > deadline)
      fail(path, "open the file");
    std::this_thread::sleep_for(kBetweenTries);
  }
}

void close_file(Handle& file, const std::string& path) {
  if (file.id() < 0) return;
  // Whatever can fail does so here, where the file can still be abandoned.
  const std::string lost = losses().take(file_name(file));
  if (!lost.empty()) {
    abandon(file);
    throw IoError(path + ": cannot write: " + lost);
  }
  check(H5Fflush(file, H5F_SCOPE_LOCAL), file, "", "write");
  check(file.close(), path, "close the file");
}

Handle create_group(hid_t parent, const std::string& path) {
  const Handle creation = properties(H5P_GROUP_CREATE);
  H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  return {check(H5Gcreate2(parent, path.c_str(), H5P_DEFAULT, creation, H5P_DEFAULT), parent, path, "create"),
          H5Gclose};
}

Handle open_group(hid_t parent, const std::string& path) {
  require(parent, path, "group");
  return {check(H5Gopen2(parent, path.c_str(), H5P_DEFAULT), parent, path, "open"), H5Gclose};
}

Handle open_dataset(hid_t parent, const std::string& path) {
  require(parent, path, "dataset");
  // Set here and not at creation: starting SWMR resets the caches of datasets that are open.
  const Handle access = properties(H5P_DATASET_ACCESS);
  H5Pset_chunk_cache(access, chunk_cache_slots, chunk_cache_bytes, H5D_CHUNK_CACHE_W0_DEFAULT);
  return {check(H5Dopen2(parent, path.c_str(), access), parent, path, "open the dataset"), H5Dclose};
}

bool exists(hid_t file, const std::string& path) {
  if (path == "/") return true;
  for (auto slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    if (!has_link(file, path.substr(0, slash))) return false;
  }
  return has_link(file, path);
}

}  // namespace saddleflow::archive::hdf5
