#include "saddleflow/archive/recovery.hpp"

#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <thread>

#include "saddleflow/archive/commit.hpp"
#include "saddleflow/archive/draft.hpp"
#include "saddleflow/archive/file_lock.hpp"
#include "saddleflow/archive/hdf5/attribute.hpp"
#include "saddleflow/archive/hdf5/dataset.hpp"
#include "saddleflow/archive/schema.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/input_file.hpp"

namespace saddleflow::archive {
namespace {

/// Signature, version of the superblock, two sizes, consistency flags: HDF5 File Format Specification III,
/// II.A.
constexpr std::size_t version_at = 8, flags_at = 11;
// Between HDF5's lock and our own a writer that starts is without one for an instant: some system calls.
constexpr auto kStartOfWriter = std::chrono::milliseconds(20);

bool has_writer_flags(const std::string& path) {
  const std::string head = first_bytes(path, flags_at + 1);
  return head.size() > flags_at && head[version_at] >= 3 && head[flags_at] != 0;
}

void clear_flags_and_set_end(const std::string& path) {
  const hdf5::Handle access = hdf5::latest_format();
  const hbool_t yes = true;
  // The two properties that h5clear sets; they have names but no functions.
  hdf5::check(H5Pset(access, "clear_status_flags", &yes), path, "recover");
  hdf5::check(H5Pset(access, "skip_eof_check", &yes), path, "recover");
  hdf5::Handle file(hdf5::check(H5Fopen(path.c_str(), H5F_ACC_RDWR, access), path, "recover"), H5Fclose);
  hdf5::check(H5Fincrement_filesize(file, 0), path, "recover");
  hdf5::close_file(file, path);
}

/// Rows of one stream that name rows of another (-1: none), in ascending order.
struct Reference {
  const char *stream, *column, *target;  ///< streams by their scales
};
constexpr std::array kReferences{Reference{"/snapshot_time", "/snapshot_row", "/time"},
                                 Reference{"/events/event", "/events/snapshot", "/snapshot_time"}};

/// The rows of a stream without those at its end that name a row which was not written.
std::int64_t rows_that_refer(hid_t file, const std::string& stream, std::int64_t rows,
                             const std::map<std::string, std::int64_t>& whole) {
  for (const Reference& reference : kReferences) {
    if (stream != reference.stream || !hdf5::exists(file, reference.column)) continue;
    const hdf5::Handle column = hdf5::open_dataset(file, reference.column);
    const std::int64_t targets = whole.at(reference.target);
    while (rows > 0 && hdf5::read_rows<std::int64_t>(column, rows - 1, 1).front() >= targets) --rows;
  }
  return rows;
}

}  // namespace

FileState file_state(const std::string& path) {
  hdf5::silence();
  std::error_code error;
  if (!std::filesystem::exists(path, error)) throw InputError(path + ": no such file");
  // A pipe would be waited for.
  if (const std::string kind = special_kind(path); !kind.empty())
    throw InputError(path + ": is " + kind + ", expected an HDF5 file");
  const htri_t known = H5Fis_hdf5(path.c_str());
  if (known < 0 && hdf5::innermost_error().error_number != 0) hdf5::fail(path, "read the file");
  if (known <= 0) throw InputError(path + ": not an HDF5 file");
  if (!has_writer_flags(path)) return FileState::closed;
  if (is_locked(path)) return FileState::live;
  std::this_thread::sleep_for(kStartOfWriter);
  if (is_locked(path)) return FileState::live;
  return has_writer_flags(path) ? FileState::killed : FileState::closed;
}

void recover_in_place(const std::string& path) {
  clear_flags_and_set_end(path);
  hdf5::Handle file = hdf5::open_file(path, H5F_ACC_RDWR);
  std::map<std::string, std::int64_t> whole;
  for (const auto& stream : stream_specs()) {
    // Something else than a run: the flags were all there was to do.
    if (is_expected(file, stream.back()) && !hdf5::exists(file, stream.back().path)) return;
    const std::string& scale = stream.back().path;
    whole[scale] = rows_that_refer(file, scale, committed_rows(file, stream), whole);
    cut(file, stream, whole[scale]);
  }
  const hdf5::Handle run = hdf5::open_group(file, "/run");
  if (hdf5::read_text_attribute(run, "stop_reason") == name_of(RunState::running))
    hdf5::write_attribute(run, "stop_reason", std::string(name_of(RunState::killed)));
  hdf5::close_file(file, path);
}

void recover(const std::string& path) {
  Draft draft = Draft::copy_of(path);
  if (!has_writer_flags(draft.path())) return;  // another process was faster
  recover_in_place(draft.path());
  draft.commit();
}

}  // namespace saddleflow::archive
