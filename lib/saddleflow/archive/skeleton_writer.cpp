#include "saddleflow/archive/skeleton_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <numeric>

#include "saddleflow/archive/create.hpp"
#include "saddleflow/archive/describe.hpp"
#include "saddleflow/archive/hdf5/attribute.hpp"
#include "saddleflow/archive/hdf5/dataset.hpp"
#include "saddleflow/archive/schema.hpp"
#include "saddleflow/archive/stream.hpp"
#include "saddleflow/archive/table_edit.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow::archive {
namespace {

void require_lines(const std::string& file, const char* name, std::size_t lines, std::size_t rows) {
  if (lines != rows)
    throw InputError(fmt::format("{}: {} has {} lines, expected {}", file, name, lines, rows));
}

void require_consistent(const std::string& file, const SkeletonRecord& record) {
  const auto size = [](const auto& rows) { return static_cast<std::int64_t>(rows.size()); };
  const std::int64_t sequences = size(record.sequences), stops = size(record.stops);
  require_references(file, "/stops/sequence", record.stops, &StopRow::sequence, 0, sequences);
  require_references(file, "/matches/sequence", record.matches, &MatchRow::sequence, 0, sequences);
  require_references(file, "/matches/jump", record.matches, &MatchRow::jump, -1, size(record.jumps));
  require_references(file, "/matches/first_stop", record.matches, &MatchRow::first_stop, -1, stops);
  require_references(file, "/matches/stop", record.matches, &MatchRow::stop, -1, stops);
  require_references(file, "/flow_loss/sequence", record.losses, &FlowLossRow::sequence, 0, sequences);
  require_lines(file, "attribute ends of /sequences", record.ends.size(), record.sequences.size());
  require_lines(file, "attribute reasons of /matches", record.reasons.size(), record.matches.size());
}

/// Attributes are scalar texts, for every reader of netCDF-4: one line each.
void write_lines(hid_t file, const char* group, const char* name, const std::vector<std::string>& lines) {
  hdf5::write_attribute(hdf5::open_group(file, group), name, fmt::format("{}", fmt::join(lines, "\n")));
}

void write_end(hid_t file, const SkeletonRecord& record) {
  const hdf5::Handle group = hdf5::open_group(file, "/skeleton");
  hdf5::write_attribute(group, "end", record.end);
  hdf5::write_attribute(group, "detail", record.detail);
  hdf5::write_attribute(group, "known", std::string(record.known ? "yes" : "no"));
  hdf5::write_attribute(group, "delta", record.delta);
  hdf5::write_attribute(group, "loss_at_origin", record.loss_at_origin);
  hdf5::write_attribute(group, "tolerance", record.tolerance);
  hdf5::write_scalar_attribute(group, "degree", record.degree);
  hdf5::write_scalar_attribute(group, "later_degree", record.later_degree);
}

void write_positions(hid_t file, const char* axis, std::int64_t count) {
  std::vector<std::int64_t> positions(static_cast<std::size_t>(count));
  std::iota(positions.begin(), positions.end(), std::int64_t{0});
  hdf5::write_all(hdf5::open_dataset(file, axis), positions);
}

void put_skeleton(hid_t file, const SkeletonRecord& record) {
  for (const char* group : {"/skeleton", "/sequences", "/stops", "/matches", "/flow_loss"})
    hdf5::create_group(file, group);
  const RunDescription description = read_description(file);
  // Those of tables can grow: an axis that cannot would have to be left out where it is empty.
  add_datasets(file, description,
               {{"/skeleton/jump", true, 0},
                {"/sequences/sequence", true, 0},
                {"/stops/stop", true, 0},
                {"/stops/sample", false, description.sample_count},
                {"/stops/output", false, description.output_count},
                {"/matches/match", true, 0},
                {"/flow_loss/row", true, 0}},
               skeleton_specs());
  write_positions(file, "/stops/sample", description.sample_count);
  write_positions(file, "/stops/output", description.output_count);
  write_rows(file, record.jumps);
  write_rows(file, record.sequences);
  write_rows(file, record.stops);
  write_rows(file, record.matches);
  write_rows(file, record.losses);
  write_end(file, record);
  write_lines(file, "/sequences", "ends", record.ends);
  write_lines(file, "/matches", "reasons", record.reasons);
}

}  // namespace

void create_with_skeleton(const std::string& path, const RunDescription& description,
                          const RunSummary& summary, const SkeletonRecord& record, ExistingFile existing) {
  require_consistent(path, record);
  create_run_without_rows(path, description, summary, existing,
                          [&](hid_t file) { put_skeleton(file, record); });
}

}  // namespace saddleflow::archive
