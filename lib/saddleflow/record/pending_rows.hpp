// Rows that belong to a step which is not whole yet.
#pragma once

#include <cstdint>
#include <vector>

#include "saddleflow/archive/run_writer.hpp"
#include "saddleflow/base/memory.hpp"

namespace saddleflow {

/// Keeps rows of /time, snapshots and events in the order of time and writes them where their step is known.
/// Every snapshot and event has its number before it is written, and no row is written before the one that
/// it refers to: a file that is cut off anywhere refers to nothing that it has not.
class PendingRows {
 public:
  /// The writer must outlive it.
  explicit PendingRows(archive::RunWriter& writer) : writer_(writer) {}

  /// A moment, as rows of /time are told apart.
  struct Moment {
    Real time = 0, phase_time = 0;
    bool operator==(const Moment&) const = default;
  };
  /// What a row within a step takes from it.
  struct Step {
    double step_size = archive::not_known;
    int stepper = -1, chart = -1;
    std::int64_t sliding_count = -1, dead_neurons = -1;
  };

  /// That of the last row of /time, written or waiting.
  const Moment& latest() const { return times_.empty() ? last_ : times_.back().moment; }
  /// The row of /time at this moment: the last one where it is of it, else where it would be appended.
  std::int64_t row_at(const Moment& moment) const;
  /// Whether row_at() is there, written or waiting.
  bool has_row(const Moment& moment) const { return row_at(moment) < row_count(); }

  /// A row within the step that is being made; its `step` is set here, the rest of Step in end_step().
  void add(const Moment& moment, archive::TimeRow row);
  /// Number of the snapshot.
  std::int64_t add(archive::SnapshotRow row);
  void add(archive::EventRow row) { events_.push_back(row); }

  /// Writes the rows of /time within a step that ends with `row`, then `row`, which takes the place of one at
  /// the same moment.
  void end_step(const Moment& moment, const archive::TimeRow& row);
  /// Writes what waits: of a step that has no end its rows of /time, with what is known of it.
  void write(const Step& unfinished);

  void save(MemoryWriter& memory) const;
  /// Of a file that has been cut back to the rows of that time.
  void load(MemoryReader& memory);

 private:
  struct Waiting {
    Moment moment;
    archive::TimeRow row;
  };
  std::int64_t row_count() const { return writer_.rows().time + std::ssize(times_); }
  void write_times(const Step& of);

  archive::RunWriter& writer_;
  std::vector<Waiting> times_;
  std::vector<archive::SnapshotRow> snapshots_;
  std::vector<archive::EventRow> events_;
  Moment last_{-1, -1};     // of the last row written
  std::int64_t steps_ = 0;  // its `step`
};

}  // namespace saddleflow
