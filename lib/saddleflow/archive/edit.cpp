#include "saddleflow/archive/edit.hpp"

#include <filesystem>

#include "saddleflow/archive/checkpoint.hpp"
#include "saddleflow/archive/file_holders.hpp"
#include "saddleflow/archive/file_lock.hpp"
#include "saddleflow/archive/recovery.hpp"
#include "saddleflow/archive/repack.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/output_path.hpp"

namespace saddleflow::archive {
namespace {

void require_replaceable(const std::string& path) {
  // Whatever the file holds, be it no run at all.
  if (is_locked(path))
    throw IoError(path + ": " + holders_of(path) +
                  " has this file open, it cannot be overwritten: close it there and try "
                  "again");
}

}  // namespace

void work_on(const Draft& draft, const std::string& path,
             const std::function<void(const std::string&)>& action) {
  try {
    action(draft.path());
  } catch (const IoError& error) {
    throw IoError(about(path, draft.path(), error));
  } catch (const InputError& error) {
    throw InputError(about(path, draft.path(), error));
  }
}

void edit_run(const std::string& path, const std::function<void(hid_t)>& change) {
  const FileState state = file_state(path);
  if (state == FileState::live) throw IoError(path + ": another process is writing this run");
  Draft draft = Draft::copy_of(path);
  work_on(draft, path, [&](const std::string& copy) {
    if (state == FileState::killed) recover_in_place(copy);
    hdf5::Handle file = hdf5::open_file(copy, H5F_ACC_RDWR);
    change(static_cast<hid_t>(file));
    hdf5::close_file(file, copy);
  });
  draft.commit();
}

void shorten_run(const std::string& path, const RowCounts& rows, const std::function<void(hid_t)>& change) {
  const FileState state = file_state(path);
  if (state == FileState::live) throw IoError(path + ": another process is writing this run");
  if (state == FileState::killed) recover(path);
  if (!can_be_repacked(hdf5::open_file(path, H5F_ACC_RDONLY))) return edit_run(path, change);
  Draft draft = Draft::fresh(path);
  work_on(draft, path, [&](const std::string& copy) {
    repack(hdf5::open_locked_file(followed(path)), copy, rows);
    hdf5::Handle file = hdf5::open_file(copy, H5F_ACC_RDWR);
    change(static_cast<hid_t>(file));
    hdf5::close_file(file, copy);
  });
  draft.commit();
}

FileStamp make_file(const std::string& path, ExistingFile existing,
                    const std::function<void(const std::string&)>& fill) {
  require_plain_output(path);
  const OutputLock mine(path);  // before it is looked at
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) {
    if (existing == ExistingFile::keep) throw InputError(path + ": the file exists; --force overwrites it");
    require_replaceable(path);
  }
  Draft draft = Draft::fresh(path);
  work_on(draft, path, fill);
  // The checkpoint goes with the file that it belongs to, not before.
  try {
    const FileStamp stamp = draft.commit(existing);
    remove_checkpoint(path);
    return stamp;
  } catch (const Error&) {
    if (draft.path().empty()) remove_checkpoint(path);  // it has the name, but may not be on the disk
    throw;
  }
}

}  // namespace saddleflow::archive
