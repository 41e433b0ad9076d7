// Changes to a run file that SWMR writing cannot make, each in one step. Internal to archive/.
#pragma once

#include <functional>
#include <string>

#include "saddleflow/archive/draft.hpp"
#include "saddleflow/archive/file_stamp.hpp"
#include "saddleflow/archive/hdf5/handle.hpp"
#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/base/existing_file.hpp"

namespace saddleflow::archive {

/// Runs an action on a draft's path; errors name the file that the user knows.
void work_on(const Draft& draft, const std::string& path,
             const std::function<void(const std::string&)>& action);

/// Changes a run that nobody writes, in one step: `change` gets the copy, open for writing. IoError if
/// another process is writing it.
void edit_run(const std::string& path, const std::function<void(hid_t)>& change);

/// The same for a run that goes on: the copy has at most so many rows of each stream, and no room of its own
/// that is free.
void shorten_run(const std::string& path, const RowCounts& rows, const std::function<void(hid_t)>& change);

/// Makes a file in one step: `fill` gets the path of the draft, which does not exist yet. InputError if the
/// file exists and must not be overwritten; IoError if another process has it open. Overwriting removes the
/// old run's checkpoint too. Returns the stamp of the file.
FileStamp make_file(const std::string& path, ExistingFile existing,
                    const std::function<void(const std::string&)>& fill);

}  // namespace saddleflow::archive
