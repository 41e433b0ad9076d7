// Writes a run file while the run goes on. Rows are safe against a kill once flush() has returned; a second
// process may read the file at any time. Flush every second and at every event.
//
//   RunWriter writer = RunWriter::create("run.h5", description, {.overwrite = false});
//   writer.append(TimeRow{...});
//   event.snapshot = writer.append(SnapshotRow{...});
//   writer.append(event);
//   writer.flush();
//   writer.finish(summary);
//
// The file lives under its final name from the first row on; its attribute stop_reason of /run says "running"
// until finish(). Whatever is changed outside SWMR writing (creation, summary, resume) is changed in a draft
// that takes the file's name in one step, so a kill at any moment leaves a file that SWMR readers open. That
// needs room for a second copy of the file at those moments.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddleflow/archive/checkpoint.hpp"
#include "saddleflow/archive/run_file.hpp"

namespace saddleflow::archive {

class RunWriter {
 public:
  struct Options {
    bool overwrite = false;
  };

  /// InputError if the file exists and must not be overwritten, or if the description contradicts itself;
  /// IoError if the folder is missing, read-only or full, or another process is writing the file. Overwriting
  /// removes the old run's checkpoint too.
  static RunWriter create(const std::string& path, const RunDescription& description, const Options& options);
  static RunWriter create(const std::string& path, const RunDescription& description) {
    return create(path, description, Options{});
  }

  /// Goes on with a run that was killed or has ended: recovers the file if need be and cuts every stream back
  /// to `rows`; `command` becomes a line of the file's history. InputError if the file holds fewer rows.
  static RunWriter resume(const std::string& path, const RowCounts& rows, const std::string& command);
  /// The same with the rows of a checkpoint; InputError unless it belongs to this run.
  static RunWriter resume(const std::string& path, const Checkpoint& checkpoint, const std::string& command);
  /// The same for a study that asks for more of the same trajectory: the file gets the
  /// title and the configuration of `description`, and its command a line of the history. InputError unless
  /// the checkpoint belongs to this run.
  static RunWriter resume(const std::string& path, const Checkpoint& checkpoint,
                          const RunDescription& description);

  RunWriter(RunWriter&&) noexcept;
  RunWriter& operator=(RunWriter&&) noexcept;
  /// Writes what waits, if nothing has failed yet, and leaves the file "running".
  ~RunWriter();

  /// The row's number. InputError if a vector does not fit its axis, IoError if a full block cannot be
  /// written.
  std::int64_t append(const TimeRow& row);
  std::int64_t append(const SnapshotRow& row);
  std::int64_t append(const EventRow& row);
  std::int64_t append(const SaddleRow& row);
  /// A block, in the order of time. InputError where the description has promised no mode changes.
  void append(std::span<const ModeChangeRow> rows);

  /// Hands all rows to the operating system. After an IoError nothing more is written.
  void flush();

  /// Flushes and syncs the run file, then replaces its checkpoint: the one order in which no row is lost.
  /// Fills in `run_id` and `rows`.
  void checkpoint(Checkpoint checkpoint);

  /// Ends the run: counters and texts become attributes of /run, stop_reason the last of them.
  void finish(const RunSummary& summary);

  RowCounts rows() const;
  /// Of the file, see RunDescription: flag k of /stepper is stepper_names()[k], also after resume().
  const std::vector<std::string>& stepper_names() const;
  const std::string& path() const;
  const std::string& run_id() const;

 private:
  struct Implementation;
  explicit RunWriter(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

/// Adds numbers as attributes of /run to a finished run, or replaces them. IoError if the file cannot be
/// written.
void annotate_run(const std::string& path, const std::vector<std::pair<std::string, double>>& numbers);

}  // namespace saddleflow::archive
