#include "saddleflow/archive/kkt_writer.hpp"

#include "saddleflow/archive/create.hpp"
#include "saddleflow/archive/describe.hpp"
#include "saddleflow/archive/edit.hpp"
#include "saddleflow/archive/hdf5/attribute.hpp"
#include "saddleflow/archive/hdf5/dataset.hpp"
#include "saddleflow/archive/schema.hpp"
#include "saddleflow/archive/stream.hpp"
#include "saddleflow/archive/table_edit.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow::archive {
namespace {

std::vector<Column<SnapshotRow>> alignment_columns() {
  std::vector<Column<SnapshotRow>> chosen;
  for (const Column<SnapshotRow>& column : columns<SnapshotRow>())
    if (column.spec.presence == Presence::with_kkt) chosen.push_back(column);
  return chosen;
}

std::vector<DatasetSpec> kkt_specs() {
  std::vector<DatasetSpec> specs = specs_of<KktRow>();
  for (const auto* table : {&specs_of<MaxMarginRow>(), &specs_of<MarginRow>()})
    specs.insert(specs.end(), table->begin(), table->end());
  for (const Column<SnapshotRow>& column : alignment_columns()) specs.push_back(column.spec);
  return specs;
}

void remove_kkt(hid_t file) {
  remove_datasets(file, kkt_specs());
  remove_group(file, "/kkt");
  remove_group(file, "/max_margin");
}

void write_table(hid_t file, const KktRecord& record) {
  write_rows(file, record.rows);
  if (!record.max_margin.empty()) {
    write_rows(file, record.max_margin);
    write_rows(file, record.margins);
  }
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

}  // namespace

void put_kkt(hid_t file, const KktRecord& record, const std::vector<SnapshotRow>& alignment) {
  require_run_file(file);
  remove_kkt(file);
  hdf5::create_group(file, "/kkt");
  std::vector<AxisSpec> axes{{"/kkt/kkt_point", true, 0}};
  if (!record.max_margin.empty()) {
    hdf5::create_group(file, "/max_margin");
    axes.push_back({"/max_margin/point", true, 0});
    axes.push_back({"/max_margin/margin", true, 0});
  }
  add_datasets(file, read_description(file), axes, kkt_specs());
  write_table(file, record);
  if (!alignment.empty()) write_alignment(file, alignment);
}

void add_kkt(const std::string& path, const KktRecord& record, const std::vector<SnapshotRow>& alignment) {
  edit_run(path, [&](hid_t file) { put_kkt(file, record, alignment); });
}

void copy_with_kkt(const std::string& run, const std::string& path, const std::string& command,
                   const KktRecord& record, const std::vector<SnapshotRow>& alignment,
                   ExistingFile existing) {
  copy_run(run, path, command, existing, [&](hid_t file) { put_kkt(file, record, alignment); });
}

void create_with_kkt(const std::string& path, const RunDescription& description, const RunSummary& summary,
                     const KktRecord& record, ExistingFile existing) {
  create_run_without_rows(path, description, summary, existing,
                          [&](hid_t file) { put_kkt(file, record, {}); });
}

}  // namespace saddleflow::archive
