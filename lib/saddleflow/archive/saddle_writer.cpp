#include "saddleflow/archive/saddle_writer.hpp"

#include <algorithm>
#include <numeric>

#include "saddleflow/archive/commit.hpp"
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

template <class Row>
std::int64_t size_of(const std::vector<Row>& rows) {
  return static_cast<std::int64_t>(rows.size());
}

void require_consistent(const std::string& file, const SaddleRecord& record) {
  const std::int64_t points = size_of(record.catalogue), escapes = size_of(record.escapes);
  require_references(file, "/escapes/critical_point", record.escapes, &EscapeRow::critical_point, 0, points);
  require_references(file, "/escapes/to_plus", record.escapes, &EscapeRow::to_plus, -1, points);
  require_references(file, "/escapes/to_minus", record.escapes, &EscapeRow::to_minus, -1, points);
  require_references(file, "/saddles/critical_point", record.visits, &VisitRow::critical_point, -1, points);
  require_references(file, "/saddles/escape", record.visits, &VisitRow::escape, -1, escapes);
  require_references(file, "/saddles/run", record.visits, &VisitRow::run, 0,
                     std::max<std::int64_t>(1, size_of(record.runs)));
  require_references(file, "/transitions/from", record.transitions, &TransitionRow::from, 0, points);
  require_references(file, "/transitions/to", record.transitions, &TransitionRow::to, 0, points);
  require_references(file, "/transitions/escape", record.transitions, &TransitionRow::escape, -1, escapes);
}

std::int64_t spectrum_length(const SaddleRecord& record) {
  std::size_t longest = 0;
  for (const CriticalPointRow& row : record.catalogue) longest = std::max(longest, row.eigenvalues.size());
  return static_cast<std::int64_t>(longest);
}

void create_tables(hid_t file, std::int64_t eigenvalues) {
  for (const char* group : {"/catalogue", "/escapes", "/transitions"}) hdf5::create_group(file, group);
  // All can grow: an axis that cannot would have to be left out where it is empty.
  const std::string spectrum = "/catalogue/eigenvalue";
  add_datasets(file, read_description(file),
               {{"/catalogue/critical_point", true, 0},
                {spectrum, true, eigenvalues},
                {"/escapes/escape", true, 0},
                {"/transitions/transition", true, 0}},
               saddle_record_specs());
  std::vector<std::int64_t> positions(static_cast<std::size_t>(eigenvalues));
  std::iota(positions.begin(), positions.end(), std::int64_t{0});
  hdf5::write_all(hdf5::open_dataset(file, spectrum), positions);
}

void write_visits(hid_t file, const SaddleRecord& record) {
  write_rows(file, record.visits);
  std::vector<SaddleRow> recorded;
  for (const VisitRow& visit : record.visits) recorded.push_back(visit.recorded);
  write_rows(file, recorded);
  // Attributes are scalar texts, for every reader of netCDF-4: one line each.
  std::string names;
  for (const std::string& name : record.runs) names += names.empty() ? name : "\n" + name;
  hdf5::write_attribute(hdf5::open_group(file, "/saddles"), "runs", names);
}

}  // namespace

void put_saddles(hid_t file, const SaddleRecord& record) {
  require_run_file(file);
  require_consistent(hdf5::file_name(file), record);
  remove_saddle_record(file);
  cut(file, specs_of<SaddleRow>(), 0);
  create_tables(file, spectrum_length(record));
  write_rows(file, record.catalogue);
  write_rows(file, record.escapes);
  write_rows(file, record.transitions);
  write_visits(file, record);
  const hdf5::Handle catalogue = hdf5::open_group(file, "/catalogue");
  for (const auto& [name, value] : record.counts) hdf5::write_scalar_attribute(catalogue, name, value);
}

void add_saddles(const std::string& path, const SaddleRecord& record) {
  edit_run(path, [&](hid_t file) { put_saddles(file, record); });
}

void copy_with_saddles(const std::string& run, const std::string& path, const std::string& command,
                       const SaddleRecord& record, ExistingFile existing) {
  copy_run(run, path, command, existing, [&](hid_t file) { put_saddles(file, record); });
}

void create_with_saddles(const std::string& path, const RunDescription& description,
                         const RunSummary& summary, const SaddleRecord& record, ExistingFile existing) {
  create_run_without_rows(path, description, summary, existing,
                          [&](hid_t file) { put_saddles(file, record); });
}

}  // namespace saddleflow::archive
