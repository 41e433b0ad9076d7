// Errors of the HDF5 C library as one line of ours: file, dataset, what failed, and the innermost reason.
// Internal to archive/: this header includes <hdf5.h>, which users of the library need not have in their
// path.
#pragma once

#include <hdf5.h>

#include <string>
#include <string_view>

namespace saddleflow::archive::hdf5 {

/// Stops HDF5 from printing its error stack on stderr, and from closing at exit what is open. Called by
/// everything that opens a file.
void silence();

/// The innermost entry of HDF5's error stack.
struct StackError {
  std::string reason;    ///< the system's words where the entry carries an errno
  int error_number = 0;  ///< that errno, 0 if none
  bool locking = false;  ///< the file could not be locked
};
StackError innermost_error();

/// Throws IoError "<file>: dataset <name>: cannot <action>: <reason>" for the last failed call. `object` is
/// any open object of the file; `name` is the dataset or attribute below it, or empty for the object itself.
/// If the system refused a write, the file is abandoned.
[[noreturn]] void fail(hid_t object, std::string_view name, std::string_view action);

/// The same where no object of the file is open.
[[noreturn]] void fail(const std::string& path, std::string_view action);

/// After a failed write HDF5 cannot close a file: it tries the write again, fails, and crashes when the
/// program ends. So its descriptor is turned to a file in memory, where closing goes through; the file on the
/// disk stays as it is, with the flags of a killed one.
void abandon(hid_t file);

/// Passes a result of HDF5 on unless it is negative, which is an error there.
template <class Result>
Result check(Result result, hid_t object, std::string_view name, std::string_view action) {
  if (result < 0) fail(object, name, action);
  return result;
}

template <class Result>
Result check(Result result, const std::string& path, std::string_view action) {
  if (result < 0) fail(path, action);
  return result;
}

/// The file name and the path inside the file of an open object.
std::string file_name(hid_t object);
std::string object_name(hid_t object);

}  // namespace saddleflow::archive::hdf5
