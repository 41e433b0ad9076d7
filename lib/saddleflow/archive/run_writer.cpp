#include "saddleflow/archive/run_writer.hpp"

#include <tuple>
#include <utility>

#include "saddleflow/archive/commit.hpp"
#include "saddleflow/archive/create.hpp"
#include "saddleflow/archive/describe.hpp"
#include "saddleflow/archive/edit.hpp"
#include "saddleflow/archive/file_lock.hpp"
#include "saddleflow/archive/hdf5/attribute.hpp"
#include "saddleflow/archive/output_lock.hpp"
#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/archive/schema.hpp"
#include "saddleflow/archive/stream.hpp"
#include "saddleflow/archive/table_edit.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/output_path.hpp"

namespace saddleflow::archive {
namespace {

using Streams = std::tuple<Stream<TimeRow>, Stream<SnapshotRow>, Stream<EventRow>, Stream<SaddleRow>,
                           Stream<ModeChangeRow>>;

template <class Action>
void for_each_buffer(Streams& streams, const Action& action) {
  std::apply([&](auto&... stream) { (action(stream.buffer()), ...); }, streams);
}

/// Everything that is open while rows are written. Opening in SWMR mode, rather than switching to it, makes
/// one way for new and resumed files, with no dataset open at the switch.
struct OpenRun {
  explicit OpenRun(const std::string& path)
      : file(hdf5::open_file_patiently(path, H5F_ACC_RDWR | H5F_ACC_SWMR_WRITE)),
        lock(path),
        streams(Stream<TimeRow>(file), Stream<SnapshotRow>(file), Stream<EventRow>(file),
                Stream<SaddleRow>(file), Stream<ModeChangeRow>(file)) {}

  // Destroyed from the last to the first: datasets, lock, file.
  hdf5::Handle file;
  WriterLock lock;
  Streams streams;
};

void write_summary(const std::string& path, const RunSummary& summary) {
  edit_run(path, [&](hid_t file) {
    const hdf5::Handle run = hdf5::open_group(file, "/run");
    for (const auto& [name, value] : summary.numbers) hdf5::write_attribute(run, name, value);
    for (const auto& [name, value] : summary.texts) hdf5::write_attribute(run, name, value);
    hdf5::write_attribute(run, "stop_reason", summary.stop_reason);
  });
}

}  // namespace

struct RunWriter::Implementation {
  Implementation(std::string path_, OutputLock output_)
      : output(std::move(output_)), path(std::move(path_)), open(std::make_unique<OpenRun>(path)) {
    const hdf5::Handle root = hdf5::open_group(open->file, "/");
    run_id = hdf5::read_text_attribute(root, "run_id");
    stepper_names = flag_names(open->file, "/stepper");
  }
  ~Implementation() {
    try {
      if (open && !failed) flush();
    } catch (const Error&) {
      // The destructor has nobody to tell; the file still says "running".
    }
  }

  template <class Row>
  std::int64_t append(const Row& row) {
    require_open();
    auto& stream = std::get<Stream<Row>>(open->streams);
    if (!stream.buffer().exists())
      throw InputError(path + ": no " + columns<Row>().back().spec.path + ", the file takes no such rows");
    const std::int64_t number = stream.append(row);
    if (stream.buffer().full()) flush();
    return number;
  }

  template <class Row>
  std::int64_t rows() const {
    return std::get<Stream<Row>>(open->streams).buffer().rows();
  }

  void flush() {
    require_open();
    failed = true;  // until all of it has gone well
    for_each_buffer(open->streams, [](StreamBuffer& buffer) { buffer.write_columns(); });
    flush_file();
    for_each_buffer(open->streams, [](StreamBuffer& buffer) { buffer.write_marks(); });
    flush_file();
    failed = false;
  }

  void flush_file() {
    if (H5Fflush(open->file, H5F_SCOPE_LOCAL) >= 0) return;
    // The system's refusal; what HDF5 says of each dataset after it is not the cause.
    if (hdf5::innermost_error().error_number != 0) hdf5::fail(open->file, "", "write");
    for_each_buffer(open->streams, [](const StreamBuffer& buffer) { buffer.flush_each(); });
    hdf5::check(H5Fflush(open->file, H5F_SCOPE_LOCAL), open->file, "", "write");
  }

  void require_open() const {
    if (failed) throw IoError(path + ": an earlier write failed, the file takes no more rows");
    if (!open) throw IoError(path + ": the run is finished, the file takes no more rows");
  }

  void finish(const RunSummary& summary) {
    flush();
    failed = true;
    hdf5::Handle file = std::move(open->file);
    open.reset();
    hdf5::close_file(file, path);
    write_summary(path, summary);
    failed = false;
    output = OutputLock();
  }

  OutputLock output;
  std::string path;
  std::string run_id;
  std::vector<std::string> stepper_names;
  std::unique_ptr<OpenRun> open;
  bool failed = false;
};

RunWriter RunWriter::create(const std::string& path, const RunDescription& description,
                            const Options& options) {
  validate(description);
  require_plain_output(path);
  OutputLock mine(path);
  make_file(path, existing_file(options.overwrite),
            [&](const std::string& draft) { create_run_file(draft, description); });
  return RunWriter(std::make_unique<Implementation>(path, std::move(mine)));
}

namespace {

void require_own(const std::string& path, const Checkpoint& checkpoint) {
  const std::string id = RunReader::open(path).run_id();
  if (id != checkpoint.run_id)
    throw InputError(path + ": run_id is " + id + ", the checkpoint belongs to " + checkpoint.run_id);
}

/// Counters, gauges and verdicts of an end that is none any more.
void remove_summary(hid_t run) {
  std::vector<std::string> names{"stop_message"};
  for (const auto& [name, value] : hdf5::real_attributes(run)) names.push_back(name);
  for (const std::string& name : names)
    if (hdf5::has_attribute(run, name)) hdf5::check(H5Adelete(run, name.c_str()), run, name, "remove");
}

/// What a resume begins with: rows after the checkpoint cut off, the command in the history.
void cut_back(hid_t file, const RowCounts& rows, const std::string& command) {
  remove_saddle_record(file);
  const auto streams = stream_specs();
  const std::int64_t counts[] = {rows.time, rows.snapshot, rows.event, rows.saddle, rows.mode_change};
  for (std::size_t k = 0; k < streams.size(); ++k) cut(file, streams[k], counts[k]);
  const hdf5::Handle root = hdf5::open_group(file, "/");
  const std::string history = hdf5::read_text_attribute(root, "history");
  hdf5::write_attribute(root, "history", history + "\n" + utc_now() + " " + command);
  const hdf5::Handle run = hdf5::open_group(file, "/run");
  remove_summary(run);
  hdf5::write_attribute(run, "stop_reason", std::string(name_of(RunState::running)));
}

}  // namespace

RunWriter RunWriter::resume(const std::string& path, const RowCounts& rows, const std::string& command) {
  OutputLock mine(path);
  shorten_run(path, rows, [&](hid_t file) { cut_back(file, rows, command); });
  return RunWriter(std::make_unique<Implementation>(path, std::move(mine)));
}

RunWriter RunWriter::resume(const std::string& path, const Checkpoint& checkpoint,
                            const std::string& command) {
  require_own(path, checkpoint);
  return resume(path, checkpoint.rows, command);
}

RunWriter RunWriter::resume(const std::string& path, const Checkpoint& checkpoint,
                            const RunDescription& description) {
  OutputLock mine(path);
  require_own(path, checkpoint);
  shorten_run(path, checkpoint.rows, [&](hid_t file) {
    cut_back(file, checkpoint.rows, description.command);
    hdf5::write_attribute(hdf5::open_group(file, "/"), "title", description.title);
    replace_configuration(file, description);
  });
  return RunWriter(std::make_unique<Implementation>(path, std::move(mine)));
}

RunWriter::RunWriter(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
RunWriter::RunWriter(RunWriter&&) noexcept = default;
RunWriter& RunWriter::operator=(RunWriter&&) noexcept = default;
RunWriter::~RunWriter() = default;

std::int64_t RunWriter::append(const TimeRow& row) { return implementation_->append(row); }
std::int64_t RunWriter::append(const SnapshotRow& row) { return implementation_->append(row); }
std::int64_t RunWriter::append(const EventRow& row) { return implementation_->append(row); }
std::int64_t RunWriter::append(const SaddleRow& row) { return implementation_->append(row); }

void RunWriter::append(std::span<const ModeChangeRow> rows) {
  for (const ModeChangeRow& row : rows) implementation_->append(row);
}

void RunWriter::flush() { implementation_->flush(); }

void RunWriter::checkpoint(Checkpoint checkpoint) {
  flush();
  sync_file(implementation_->path);
  checkpoint.run_id = implementation_->run_id;
  checkpoint.rows = rows();
  write_checkpoint(checkpoint_path(implementation_->path), checkpoint);
}

void RunWriter::finish(const RunSummary& summary) { implementation_->finish(summary); }

RowCounts RunWriter::rows() const {
  implementation_->require_open();
  return {implementation_->rows<TimeRow>(), implementation_->rows<SnapshotRow>(),
          implementation_->rows<EventRow>(), implementation_->rows<SaddleRow>(),
          implementation_->rows<ModeChangeRow>()};
}

const std::string& RunWriter::path() const { return implementation_->path; }
const std::vector<std::string>& RunWriter::stepper_names() const { return implementation_->stepper_names; }
const std::string& RunWriter::run_id() const { return implementation_->run_id; }

void annotate_run(const std::string& path, const std::vector<std::pair<std::string, double>>& numbers) {
  edit_run(path, [&](hid_t file) {
    const hdf5::Handle run = hdf5::open_group(file, "/run");
    for (const auto& [name, value] : numbers) hdf5::write_attribute(run, name, value);
  });
}

}  // namespace saddleflow::archive
