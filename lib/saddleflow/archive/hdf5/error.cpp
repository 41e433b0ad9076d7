#include "saddleflow/archive/hdf5/error.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "saddleflow/base/error.hpp"

namespace saddleflow::archive::hdf5 {
namespace {

int errno_in(const std::string& text) {
  constexpr std::string_view key = "errno = ";
  const auto at = text.find(key);
  return at == std::string::npos ? 0
                                 : static_cast<int>(std::strtol(text.c_str() + at + key.size(), nullptr, 10));
}

/// The innermost entry, and before it one with an errno: cleaning up after a failed write fails once more.
herr_t keep_cause(unsigned depth, const H5E_error2_t* entry, void* kept) {
  if (entry->desc == nullptr) return 0;
  StackError& error = *static_cast<StackError*>(kept);
  const int number = errno_in(entry->desc);
  if (depth != 0 && (number == 0 || error.error_number != 0)) return 0;
  error.reason = entry->desc;
  error.error_number = number;
  return 0;
}

std::string reason_text(const StackError& error) {
  if (!error.locking) return error.reason;
  return "the file is locked by another process (errno " + std::to_string(error.error_number) + ", " +
         error.reason + "); on a file system without working locks set HDF5_USE_FILE_LOCKING=FALSE";
}

/// For any object of a file that is open for writing.
void abandon_file_of(hid_t object) {
  const hid_t file = H5Iget_file_id(object);
  unsigned intent = 0;
  if (file >= 0 && H5Fget_intent(file, &intent) >= 0 && (intent & H5F_ACC_RDWR) != 0) abandon(file);
  if (file >= 0) H5Fclose(file);
}

template <class Query>
std::string queried_name(const Query& query) {
  const ssize_t size = query(nullptr, std::size_t{0});
  if (size <= 0) return {};
  std::string name(static_cast<std::size_t>(size), '\0');
  query(name.data(), name.size() + 1);
  return name;
}

}  // namespace

void silence() {
  // At the end of the program HDF5 crashes on a file that it could not close; ours are closed before.
  static const herr_t done = H5dont_atexit() + H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  static_cast<void>(done);
}

StackError innermost_error() {
  StackError error;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_cause, &error);
  error.locking = error.reason.find("unable to lock file") != std::string::npos;
  if (error.error_number != 0) error.reason = std::strerror(error.error_number);
  if (error.reason.empty()) error.reason = "the HDF5 library gives no reason";
  return error;
}

void fail(hid_t object, std::string_view name, std::string_view action) {
  // First of all: the next call of HDF5, be it for a name, clears the stack.
  const StackError error = innermost_error();
  const std::string reason = reason_text(error);
  std::string item = object_name(object);
  if (!name.empty()) {
    if (item.empty() || item.back() != '/') item += '/';
    item = name.front() == '/' ? std::string(name) : item + std::string(name);
  }
  const std::string place = file_name(object) + (item.empty() || item == "/" ? "" : ": " + item);
  if (error.error_number != 0) abandon_file_of(object);
  throw IoError(place + ": cannot " + std::string(action) + ": " + reason);
}

void fail(const std::string& path, std::string_view action) {
  throw IoError(path + ": cannot " + std::string(action) + ": " + reason_text(innermost_error()));
}

void abandon(hid_t file) {
  void* driver = nullptr;
  if (H5Fget_vfd_handle(file, H5P_DEFAULT, &driver) < 0 || driver == nullptr) return;
  const int memory = memfd_create("saddleflow-abandoned", MFD_CLOEXEC);
  if (memory < 0) return;
  // The handle of the default (sec2) driver is the address of its descriptor.
  dup2(memory, *static_cast<int*>(driver));
  ::close(memory);
}

std::string file_name(hid_t object) {
  return queried_name([object](char* text, std::size_t size) { return H5Fget_name(object, text, size); });
}

std::string object_name(hid_t object) {
  return queried_name([object](char* text, std::size_t size) { return H5Iget_name(object, text, size); });
}

}  // namespace saddleflow::archive::hdf5
