#include "saddleflow/archive/pursuit_writer.hpp"

#include <array>

#include "saddleflow/archive/create.hpp"
#include "saddleflow/archive/describe.hpp"
#include "saddleflow/archive/edit.hpp"
#include "saddleflow/archive/hdf5/attribute.hpp"
#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/archive/schema.hpp"
#include "saddleflow/archive/stream.hpp"
#include "saddleflow/archive/table_edit.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow::archive {
namespace {

/// Attributes of the root that a file keeps when its rounds become more.
constexpr std::array<const char*, 3> kept_attributes{"run_id", "created", "history"};
using Identity = std::array<std::string, kept_attributes.size()>;

void require_consistent(const std::string& file, const PursuitRecord& record) {
  const auto snapshots = static_cast<std::int64_t>(record.snapshots.size());
  const auto times = static_cast<std::int64_t>(record.times.size());
  require_references(file, "/rounds/first_time", record.rounds, &RoundRow::first_time, -1, times);
  require_references(file, "/rounds/snapshot_start", record.rounds, &RoundRow::snapshot_start, -1, snapshots);
  require_references(file, "/rounds/snapshot", record.rounds, &RoundRow::snapshot, -1, snapshots);
}

RunDescription growing(RunDescription description) {
  description.growing = true;
  validate(description);
  return description;
}

void put_rounds(hid_t file, const PursuitRecord& record) {
  hdf5::create_group(file, "/rounds");
  add_datasets(file, read_description(file), {{"/rounds/round", true, 0}}, specs_of<RoundRow>());
  write_rows(file, record.times);
  write_rows(file, record.snapshots);
  write_rows(file, record.rounds);
}

Identity identity_of(const std::string& path) {
  if (!RunReader::open(path).has_rounds())
    throw InputError(path + ": has no /rounds, expected the file of a growing network");
  const hdf5::Handle file = hdf5::open_file_patiently(path, H5F_ACC_RDONLY);
  const hdf5::Handle root = hdf5::open_group(file, "/");
  Identity identity;
  for (std::size_t k = 0; k < identity.size(); ++k)
    identity[k] = hdf5::read_text_attribute(root, kept_attributes[k]);
  return identity;
}

void restore(hid_t file, const Identity& identity) {
  const hdf5::Handle root = hdf5::open_group(file, "/");
  for (std::size_t k = 0; k < identity.size(); ++k)
    hdf5::write_attribute(root, kept_attributes[k], identity[k]);
}

}  // namespace

FileStamp write_pursuit(const std::string& path, const PursuitRecord& record, ExistingFile existing) {
  require_consistent(path, record);
  return create_run_without_rows(path, growing(record.description), record.summary, existing,
                                 [&](hid_t file) { put_rounds(file, record); });
}

FileStamp replace_pursuit(const std::string& path, const PursuitRecord& record,
                          const std::optional<FileStamp>& known, const std::string& command) {
  require_consistent(path, record);
  const RunDescription description = growing(record.description);
  const Identity identity = identity_of(path);
  Draft draft = Draft::successor_of(path);
  work_on(draft, path, [&](const std::string& part) {
    fill_run_file(part, description, record.summary, [&](hid_t file) {
      put_rounds(file, record);
      restore(file, identity);
      if (!command.empty()) add_history(file, command);
    });
  });
  // Last of all: what another process does between this and the new name, some microseconds, is not seen.
  if (known && !(stamp_of(path) == *known))
    throw IoError(path + ": another process has changed this file; expected it as this run left it");
  return draft.commit();
}

PursuitRecord read_pursuit(const std::string& path) {
  const RunReader run = RunReader::open(path);
  if (!run.has_rounds()) throw InputError(path + ": has no /rounds, expected the file of a growing network");
  return {run.description(), run.time_rows(), run.snapshot_rows(), run.rounds(), run.summary()};
}

}  // namespace saddleflow::archive
