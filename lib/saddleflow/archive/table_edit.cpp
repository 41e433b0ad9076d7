#include "saddleflow/archive/table_edit.hpp"

#include <hdf5_hl.h>

#include <cstring>
#include <filesystem>

#include "saddleflow/archive/commit.hpp"
#include "saddleflow/archive/copy_file.hpp"
#include "saddleflow/archive/create.hpp"
#include "saddleflow/archive/edit.hpp"
#include "saddleflow/archive/hdf5/attribute.hpp"
#include "saddleflow/archive/hdf5/dataset.hpp"
#include "saddleflow/archive/recovery.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow::archive {
namespace {

void remove_dataset(hid_t file, const DatasetSpec& spec) {
  const std::string path = path_in(file, spec);
  if (!hdf5::exists(file, path)) return;
  if (!spec.is_scale()) {
    const hdf5::Handle dataset = hdf5::open_dataset(file, path);
    for (unsigned k = 0; k < spec.axes.size(); ++k)
      hdf5::check(H5DSdetach_scale(dataset, hdf5::open_dataset(file, spec.axes[k]), k), file, path,
                  "detach a scale");
  }
  hdf5::check(H5Ldelete(file, path.c_str(), H5P_DEFAULT), file, path, "remove");
}

void write_summary(hid_t file, const RunSummary& summary) {
  const hdf5::Handle run = hdf5::open_group(file, "/run");
  for (const auto& [name, value] : summary.numbers) hdf5::write_attribute(run, name, value);
  for (const auto& [name, value] : summary.texts) hdf5::write_attribute(run, name, value);
  hdf5::write_attribute(run, "stop_reason", summary.stop_reason);
}

void change_file(const std::string& path, const FileChange& change) {
  hdf5::Handle file = hdf5::open_file(path, H5F_ACC_RDWR);
  change(static_cast<hid_t>(file));
  hdf5::close_file(file, path);
}

}  // namespace

void remove_datasets(hid_t file, const std::vector<DatasetSpec>& specs) {
  for (const DatasetSpec& spec : specs)
    if (!spec.is_scale()) remove_dataset(file, spec);
  for (const DatasetSpec& spec : specs)
    if (spec.is_scale()) remove_dataset(file, spec);
}

void remove_group(hid_t file, const std::string& path) {
  if (!hdf5::exists(file, path)) return;
  hdf5::check(H5Ldelete(file, path.c_str(), H5P_DEFAULT), file, path, "remove");
}

void remove_saddle_record(hid_t file) {
  if (!hdf5::exists(file, "/catalogue")) return;
  remove_datasets(file, saddle_record_specs());
  for (const char* group : {"/catalogue", "/escapes", "/transitions"}) remove_group(file, group);
  const hdf5::Handle visits = hdf5::open_group(file, "/saddles");
  if (hdf5::has_attribute(visits, "runs")) hdf5::check(H5Adelete(visits, "runs"), file, "/saddles", "change");
}

void copy_run(const std::string& run, const std::string& path, const std::string& command,
              ExistingFile existing, const FileChange& change) {
  std::error_code error;
  if (std::filesystem::equivalent(run, path, error))
    throw InputError(path + ": is the run itself, expected another file");
  if (file_state(run) != FileState::closed)
    throw IoError(run + ": is being written, or was not closed, and cannot be copied");
  make_file(path, existing, [&](const std::string& draft) {
    if (const int failed = copy_bytes(run, draft))
      throw IoError(draft + ": cannot copy " + run + ": " + std::strerror(failed));
    change_file(draft, [&](hid_t file) {
      change(file);
      add_history(file, command);
    });
  });
}

void add_history(hid_t file, const std::string& command) {
  const hdf5::Handle root = hdf5::open_group(file, "/");
  const std::string history = hdf5::read_text_attribute(root, "history");
  hdf5::write_attribute(root, "history", history + "\n" + utc_now() + " " + command);
}

void fill_run_file(const std::string& path, const RunDescription& description, const RunSummary& summary,
                   const FileChange& change) {
  create_run_file(path, description);
  change_file(path, [&](hid_t file) {
    change(file);
    write_summary(file, summary);
  });
}

FileStamp create_run_without_rows(const std::string& path, const RunDescription& description,
                                  const RunSummary& summary, ExistingFile existing,
                                  const FileChange& change) {
  validate(description);
  return make_file(path, existing,
                   [&](const std::string& draft) { fill_run_file(draft, description, summary, change); });
}

}  // namespace saddleflow::archive
