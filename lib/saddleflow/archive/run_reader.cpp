#include "saddleflow/archive/run_reader.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>
#include <type_traits>
#include <utility>

#include "saddleflow/archive/commit.hpp"
#include "saddleflow/archive/describe.hpp"
#include "saddleflow/archive/hdf5/attribute.hpp"
#include "saddleflow/archive/hdf5/dataset.hpp"
#include "saddleflow/archive/recovery.hpp"
#include "saddleflow/archive/schema.hpp"
#include "saddleflow/archive/table_check.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow::archive {
namespace {

struct Opening {
  hdf5::Handle file;
  FileState state;
  bool recovered;
};

Opening open_whatever_state(const std::string& path) {
  FileState state = file_state(path);
  bool recovered = false;
  if (state == FileState::killed && access(path.c_str(), W_OK) == 0) {
    recover(path);
    recovered = true;
    state = FileState::closed;
  }
  const unsigned flags = state == FileState::closed ? H5F_ACC_RDONLY : H5F_ACC_RDONLY | H5F_ACC_SWMR_READ;
  try {
    // A writer that finishes has the file to itself while it writes the summary.
    return {hdf5::open_file_patiently(path, flags), state, recovered};
  } catch (const IoError&) {
    // A writer may have closed it, or begun, since its state was looked at.
    const FileState now = file_state(path);
    if (now == state || now == FileState::killed) throw;
    return {hdf5::open_file(path, flags ^ H5F_ACC_SWMR_READ), now, recovered};
  }
}

std::string absolute(const std::string& name) {
  return name.starts_with('/') ? name : std::string("/") += name;
}

/// The numbers of a search beside its table. InputError for one that is no count.
std::vector<std::pair<std::string, std::int64_t>> counts_of(hid_t file, const std::string& path) {
  constexpr double most = 9.2e18;  // what 64 bits hold
  std::vector<std::pair<std::string, std::int64_t>> counts;
  for (const auto& [name, value] : hdf5::real_attributes(hdf5::open_group(file, path))) {
    if (!(std::abs(value) <= most))
      throw InputError(hdf5::file_name(file) + ": attribute " + name + " of " + path + ": found " +
                       std::to_string(value) + ", expected a whole number");
    counts.emplace_back(name, static_cast<std::int64_t>(value));
  }
  return counts;
}

template <class Row, class Number, class Value>
void fill(std::vector<Row>& rows, Number Row::*member, const std::vector<Value>& values) {
  for (std::size_t k = 0; k < rows.size(); ++k) rows[k].*member = static_cast<Number>(values[k]);
}

template <class Row, class Number>
void fill_vectors(std::vector<Row>& rows, std::vector<Number> Row::*member,
                  const std::vector<Number>& values) {
  const auto width = rows.empty() ? 0 : static_cast<std::ptrdiff_t>(values.size() / rows.size());
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const auto start = values.begin() + static_cast<std::ptrdiff_t>(k) * width;
    (rows[k].*member).assign(start, start + width);
  }
}

/// The lines of a text attribute; those that are missing at the end are empty.
std::vector<std::string> lines_of(hid_t object, const char* attribute, std::size_t count) {
  std::vector<std::string> lines;
  std::istringstream text(hdf5::read_text_attribute(object, attribute));
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  lines.resize(count);
  return lines;
}

}  // namespace

struct RunReader::Implementation {
  explicit Implementation(const std::string& path_) : path(path_), opening(open_whatever_state(path_)) {
    require_run_file(opening.file);
    check_datasets(opening.file);
    for (const auto& stream : stream_specs()) {
      stream_rows[stream.back().path] = committed_rows(opening.file, stream);
    }
    rows = {stream_rows["/time"], stream_rows["/snapshot_time"], stream_rows["/events/event"],
            stream_rows["/saddles/saddle"], stream_rows["/mode_changes/change"]};
    count_rows(specs_of<KktRow>());
    count_rows(specs_of<MaxMarginRow>());
    count_rows(specs_of<MarginRow>());
    count_rows(specs_of<CriticalPointRow>());
    count_rows(specs_of<EscapeRow>());
    count_rows(specs_of<TransitionRow>());
    count_rows(specs_of<RoundRow>());
    count_rows(specs_of<JumpRow>());
    count_rows(specs_of<SequenceRow>());
    count_rows(specs_of<StopRow>());
    count_rows(specs_of<MatchRow>());
    count_rows(specs_of<FlowLossRow>());
    description = read_description(opening.file);
    check_network(description, path);
    summary = read_summary(opening.file);
    const hdf5::Handle root = hdf5::open_group(opening.file, "/");
    run_id = hdf5::read_text_attribute(root, "run_id");
    history = hdf5::read_text_attribute(root, "history");
  }

  /// Of a table that only some files hold.
  void count_rows(const std::vector<DatasetSpec>& table) {
    const std::string& scale = table.back().path;
    if (hdf5::exists(opening.file, scale)) stream_rows[scale] = committed_rows(opening.file, table);
  }

  /// Rows of a dataset that count: its stream's, or all of them.
  std::int64_t length(const std::string& name, hid_t dataset) const {
    for (const DatasetSpec& spec : all_specs()) {
      if (spec.path != name) continue;
      const auto stream = stream_rows.find(spec.axes.front());
      if (stream != stream_rows.end()) return stream->second;
    }
    const auto shape = hdf5::shape(dataset);
    if (shape.empty()) throw InputError(path + ": " + name + ": a single value, expected a column");
    return shape.front();
  }

  /// -1 where it is not to be relied on: a file that is being written has rows that have come since it was
  /// opened.
  std::int64_t rows_along(const std::string& axis) const {
    const auto stream = stream_rows.find(axis);
    if (stream != stream_rows.end()) return opening.state == FileState::closed ? stream->second : -1;
    return hdf5::exists(opening.file, axis) ? hdf5::shape(hdf5::open_dataset(opening.file, axis)).front() : 0;
  }

  std::string path_of(const std::string& name) const {
    for (const DatasetSpec& spec : all_specs())
      if (spec.path == name) return path_in(opening.file, spec);
    return name;
  }

  template <class Number>
  std::vector<Number> column(const std::string& name) const {
    const hdf5::Handle dataset = hdf5::open_dataset(opening.file, path_of(absolute(name)));
    std::vector<Number> values = hdf5::read_rows<Number>(dataset, 0, length(absolute(name), dataset));
    if constexpr (std::is_same_v<Number, std::int64_t>)
      check_integers(path, absolute(name), values, description,
                     [this](const std::string& axis) { return rows_along(axis); });
    return values;
  }

  template <class Row>
  std::vector<Row> read() const;

  std::string path, run_id, history;
  Opening opening;
  std::map<std::string, std::int64_t> stream_rows;  // by the path of the scale
  RowCounts rows;
  RunDescription description;
  RunSummary summary;
};

template <class Row>
std::vector<Row> RunReader::Implementation::read() const {
  std::vector<Row> result(static_cast<std::size_t>(stream_rows.at(columns<Row>().back().spec.axes.front())));
  for (const Column<Row>& entry : columns<Row>()) {
    if (!is_expected(opening.file, entry.spec)) continue;
    const std::string& name = entry.spec.path;
    if (const auto* real = std::get_if<double Row::*>(&entry.field)) {
      fill(result, *real, column<double>(name));
    } else if (const auto* integer = std::get_if<std::int64_t Row::*>(&entry.field)) {
      fill(result, *integer, column<std::int64_t>(name));
    } else if (const auto* flag = std::get_if<int Row::*>(&entry.field)) {
      fill(result, *flag, column<std::int64_t>(name));
    } else if (const auto* kind = std::get_if<ModeChangeKind Row::*>(&entry.field)) {
      fill(result, *kind, column<std::int64_t>(name));
    } else if (const auto* reals = std::get_if<std::vector<double> Row::*>(&entry.field)) {
      fill_vectors(result, *reals, column<double>(name));
    } else if (const auto* integers = std::get_if<std::vector<std::int64_t> Row::*>(&entry.field)) {
      fill_vectors(result, *integers, column<std::int64_t>(name));
    }
  }
  return result;
}

RunReader RunReader::open(const std::string& path) {
  return RunReader(std::make_unique<Implementation>(path));
}

RunReader::RunReader(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
RunReader::RunReader(RunReader&&) noexcept = default;
RunReader& RunReader::operator=(RunReader&&) noexcept = default;
RunReader::~RunReader() = default;

const std::string& RunReader::path() const { return implementation_->path; }
const std::string& RunReader::run_id() const { return implementation_->run_id; }
const std::string& RunReader::history() const { return implementation_->history; }
const RunDescription& RunReader::description() const { return implementation_->description; }
const RunSummary& RunReader::summary() const { return implementation_->summary; }
const RowCounts& RunReader::rows() const { return implementation_->rows; }
bool RunReader::live() const { return implementation_->opening.state == FileState::live; }
bool RunReader::recovered() const { return implementation_->opening.recovered; }

std::vector<double> RunReader::column(const std::string& name) const {
  return implementation_->column<double>(name);
}

std::vector<std::int64_t> RunReader::integer_column(const std::string& name) const {
  return implementation_->column<std::int64_t>(name);
}

std::int64_t RunReader::width(const std::string& name) const {
  return hdf5::row_width(hdf5::shape(hdf5::open_dataset(implementation_->opening.file, absolute(name))));
}

std::vector<double> RunReader::row(const std::string& name, std::int64_t number) const {
  const hdf5::Handle dataset = hdf5::open_dataset(implementation_->opening.file, absolute(name));
  const std::int64_t length = implementation_->length(absolute(name), dataset);
  if (number < 0 || number >= length) {
    throw InputError(path() + ": " + absolute(name) + ": no row " + std::to_string(number) + ", it has " +
                     std::to_string(length));
  }
  return hdf5::read_rows<double>(dataset, number, 1);
}

bool RunReader::has(const std::string& name) const {
  return hdf5::exists(implementation_->opening.file, absolute(name));
}

std::vector<TimeRow> RunReader::time_rows() const { return implementation_->read<TimeRow>(); }
std::vector<SnapshotRow> RunReader::snapshot_rows() const { return implementation_->read<SnapshotRow>(); }
std::vector<EventRow> RunReader::event_rows() const { return implementation_->read<EventRow>(); }
std::vector<SaddleRow> RunReader::saddle_rows() const { return implementation_->read<SaddleRow>(); }
std::vector<ModeChangeRow> RunReader::mode_changes() const { return implementation_->read<ModeChangeRow>(); }

bool RunReader::has_mode_changes() const { return implementation_->description.mode_changes; }

bool RunReader::has_rounds() const { return has("rounds/round"); }

std::vector<RoundRow> RunReader::rounds() const {
  return has_rounds() ? implementation_->read<RoundRow>() : std::vector<RoundRow>();
}

KktRecord RunReader::kkt() const {
  KktRecord record;
  if (!has("kkt/kkt_point")) return record;
  record.rows = implementation_->read<KktRow>();
  if (has("max_margin/point")) {
    record.max_margin = implementation_->read<MaxMarginRow>();
    record.margins = implementation_->read<MarginRow>();
  }
  record.counts = counts_of(implementation_->opening.file, "/kkt");
  return record;
}

bool RunReader::has_saddle_record() const { return has("catalogue/critical_point"); }

SaddleRecord RunReader::saddle_record() const {
  SaddleRecord record;
  if (!has_saddle_record()) return record;
  record.catalogue = implementation_->read<CriticalPointRow>();
  record.escapes = implementation_->read<EscapeRow>();
  record.transitions = implementation_->read<TransitionRow>();
  record.visits = implementation_->read<VisitRow>();
  std::vector<SaddleRow> recorded = saddle_rows();
  for (std::size_t k = 0; k < recorded.size(); ++k) record.visits[k].recorded = std::move(recorded[k]);
  const hid_t file = implementation_->opening.file;
  record.counts = counts_of(file, "/catalogue");
  std::istringstream names(hdf5::read_text_attribute(hdf5::open_group(file, "/saddles"), "runs"));
  for (std::string name; std::getline(names, name);) record.runs.push_back(name);
  return record;
}

bool RunReader::has_skeleton() const { return has("skeleton/jump"); }

SkeletonRecord RunReader::skeleton() const {
  SkeletonRecord record;
  if (!has_skeleton()) return record;
  record.jumps = implementation_->read<JumpRow>();
  record.sequences = implementation_->read<SequenceRow>();
  record.stops = implementation_->read<StopRow>();
  record.matches = implementation_->read<MatchRow>();
  record.losses = implementation_->read<FlowLossRow>();
  const hid_t file = implementation_->opening.file;
  const hdf5::Handle group = hdf5::open_group(file, "/skeleton");
  record.end = hdf5::read_text_attribute(group, "end");
  record.detail = hdf5::read_text_attribute(group, "detail");
  record.known = hdf5::read_text_attribute(group, "known") == "yes";
  record.delta = hdf5::read_real_attribute(group, "delta");
  record.loss_at_origin = hdf5::read_real_attribute(group, "loss_at_origin");
  record.tolerance = hdf5::read_real_attribute(group, "tolerance");
  record.degree = hdf5::read_one_integer(group, "degree");
  record.later_degree = hdf5::read_one_integer(group, "later_degree");
  record.ends = lines_of(hdf5::open_group(file, "/sequences"), "ends", record.sequences.size());
  record.reasons = lines_of(hdf5::open_group(file, "/matches"), "reasons", record.matches.size());
  return record;
}

}  // namespace saddleflow::archive
