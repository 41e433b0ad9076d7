#include "saddleflow/archive/kkt_writer.hpp"

#include <hdf5_hl.h>

#include <filesystem>

#include "saddleflow/archive/commit.hpp"
#include "saddleflow/archive/create.hpp"
#include "saddleflow/archive/describe.hpp"
#include "saddleflow/archive/edit.hpp"
#include "saddleflow/archive/hdf5_attribute.hpp"
#include "saddleflow/archive/hdf5_dataset.hpp"
#include "saddleflow/archive/recovery.hpp"
#include "saddleflow/archive/stream.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow::archive {
namespace {

std::vector<Column<SnapshotRow>> alignment_columns() {
  std::vector<Column<SnapshotRow>> chosen;
  for (const Column<SnapshotRow>& column : columns<SnapshotRow>())
    if (column.spec.presence == Presence::with_kkt) chosen.push_back(column);
  return chosen;
}

/// Takes a dataset off its scales before it goes: they keep lists of what refers to them.
void remove_dataset(hid_t file, const DatasetSpec& spec) {
  if (!hdf5::exists(file, spec.path)) return;
  if (!spec.is_scale()) {
    const hdf5::Handle dataset = hdf5::open_dataset(file, spec.path);
    for (unsigned k = 0; k < spec.axes.size(); ++k)
      hdf5::check(H5DSdetach_scale(dataset, hdf5::open_dataset(file, spec.axes[k]), k), file, spec.path,
                  "detach a scale");
  }
  hdf5::check(H5Ldelete(file, spec.path.c_str(), H5P_DEFAULT), file, spec.path, "remove");
}

void remove_kkt(hid_t file) {
  if (!hdf5::exists(file, "/kkt")) return;
  for (const DatasetSpec& spec : specs_of<KktRow>()) remove_dataset(file, spec);
  for (const Column<SnapshotRow>& column : alignment_columns()) remove_dataset(file, column.spec);
  hdf5::check(H5Ldelete(file, "/kkt", H5P_DEFAULT), file, "/kkt", "remove");
}

void write_table(hid_t file, const KktRecord& record) {
  Stream<KktRow> stream(file);
  for (const KktRow& row : record.rows) stream.append(row);
  stream.buffer().write_columns();
  stream.buffer().write_marks();
  const hdf5::Handle group = hdf5::open_group(file, "/kkt");
  for (const auto& [name, value] : record.counts) hdf5::write_scalar_attribute(group, name, value);
}

template <class Number>
void append_row(std::vector<Number>& values, const std::vector<Number>& row, std::int64_t width,
                const DatasetSpec& spec) {
  if (row.size() != static_cast<std::size_t>(width))
    throw InputError(spec.path + ": a row of " + std::to_string(row.size()) + " numbers, expected " +
                     std::to_string(width));
  values.insert(values.end(), row.begin(), row.end());
}

void write_column(hid_t file, const Column<SnapshotRow>& column, const std::vector<SnapshotRow>& rows) {
  const hdf5::Handle dataset = hdf5::open_dataset(file, column.spec.path);
  const std::int64_t width = hdf5::row_width(hdf5::shape(dataset));
  std::vector<double> reals;
  std::vector<std::int64_t> integers;
  for (const SnapshotRow& row : rows) {
    if (const auto* real = std::get_if<double SnapshotRow::*>(&column.field)) reals.push_back(row.**real);
    if (const auto* integer = std::get_if<std::int64_t SnapshotRow::*>(&column.field))
      integers.push_back(row.**integer);
    if (const auto* vector = std::get_if<std::vector<double> SnapshotRow::*>(&column.field))
      append_row(reals, row.**vector, width, column.spec);
  }
  if (!reals.empty()) hdf5::write_all(dataset, reals);
  if (!integers.empty()) hdf5::write_all(dataset, integers);
}

void write_alignment(hid_t file, const std::vector<SnapshotRow>& rows) {
  const std::int64_t snapshots = hdf5::shape(hdf5::open_dataset(file, "/snapshot_time")).front();
  if (static_cast<std::int64_t>(rows.size()) != snapshots)
    throw InputError(hdf5::file_name(file) + ": alignment has " + std::to_string(rows.size()) +
                     " rows, expected " + std::to_string(snapshots) + " like /snapshot_time");
  for (const Column<SnapshotRow>& column : alignment_columns()) write_column(file, column, rows);
}

void put_kkt(hid_t file, const KktRecord& record, const std::vector<SnapshotRow>& alignment) {
  require_run_file(file);
  remove_kkt(file);
  create_kkt_group(file, read_description(file));
  write_table(file, record);
  if (!alignment.empty()) write_alignment(file, alignment);
}

void add_history(hid_t file, const std::string& command) {
  const hdf5::Handle root = hdf5::open_group(file, "/");
  const std::string history = hdf5::read_text_attribute(root, "history");
  hdf5::write_attribute(root, "history", history + "\n" + utc_now() + " " + command);
}

void write_summary(hid_t file, const RunSummary& summary) {
  const hdf5::Handle run = hdf5::open_group(file, "/run");
  for (const auto& [name, value] : summary.numbers) hdf5::write_attribute(run, name, value);
  for (const auto& [name, value] : summary.texts) hdf5::write_attribute(run, name, value);
  hdf5::write_attribute(run, "stop_reason", summary.stop_reason);
}

template <class Change>
void change_file(const std::string& path, const Change& change) {
  hdf5::Handle file = hdf5::open_file(path, H5F_ACC_RDWR);
  change(static_cast<hid_t>(file));
  hdf5::close_file(file, path);
}

}  // namespace

void add_kkt(const std::string& path, const KktRecord& record, const std::vector<SnapshotRow>& alignment) {
  edit_run(path, [&](hid_t file) { put_kkt(file, record, alignment); });
}

void copy_with_kkt(const std::string& run, const std::string& path, const std::string& command,
                   const KktRecord& record, const std::vector<SnapshotRow>& alignment, bool overwrite) {
  std::error_code error;
  if (std::filesystem::equivalent(run, path, error))
    throw InputError(path + ": is the run itself, expected another file");
  if (file_state(run) != FileState::closed)
    throw IoError(run + ": is being written, or was not closed, and cannot be copied");
  make_file(path, overwrite, [&](const std::string& draft) {
    std::filesystem::copy_file(run, draft, error);
    if (error) throw IoError(draft + ": cannot copy " + run + ": " + error.message());
    change_file(draft, [&](hid_t file) {
      put_kkt(file, record, alignment);
      add_history(file, command);
    });
  });
}

void create_with_kkt(const std::string& path, const RunDescription& description, const RunSummary& summary,
                     const KktRecord& record, bool overwrite) {
  validate(description);
  make_file(path, overwrite, [&](const std::string& draft) {
    create_run_file(draft, description);
    change_file(draft, [&](hid_t file) {
      put_kkt(file, record, {});
      write_summary(file, summary);
    });
  });
}

}  // namespace saddleflow::archive
