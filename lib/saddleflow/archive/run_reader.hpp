// Reads a run file. A killed file is recovered first; a file that is still being written is read as it is.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "saddleflow/archive/pursuit_record.hpp"
#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/archive/saddle_record.hpp"
#include "saddleflow/archive/skeleton_record.hpp"

namespace saddleflow::archive {

class RunReader {
 public:
  /// InputError: no such file, no HDF5 file, no run file, another version, a missing dataset or attribute.
  /// IoError: it cannot be opened or read. A killed file on a read-only disk is read as it is.
  static RunReader open(const std::string& path);

  RunReader(RunReader&&) noexcept;
  RunReader& operator=(RunReader&&) noexcept;
  ~RunReader();

  const std::string& path() const;
  const std::string& run_id() const;
  const std::string& history() const;  ///< one line per command: when, what
  /// `provenance` holds every text attribute of /run but stop_reason.
  const RunDescription& description() const;
  /// stop_reason "running" for a live run, "killed" for a recovered one. `texts` as in `provenance`.
  const RunSummary& summary() const;
  /// The number of complete rows at the time of opening. To see the later rows of a live file, open it again.
  const RowCounts& rows() const;
  bool live() const;       ///< another process was writing it
  bool recovered() const;  ///< the file had been killed, and this reader repaired it

  /// A numeric dataset, row-major: "loss", "layer_norm", "events/kind". Streams end with the last complete
  /// row.
  std::vector<double> column(const std::string& name) const;
  std::vector<std::int64_t> integer_column(const std::string& name) const;
  /// Numbers in one row: 1 for a single axis.
  std::int64_t width(const std::string& name) const;
  /// One row of a column; InputError if there is no such row.
  std::vector<double> row(const std::string& name, std::int64_t number) const;
  bool has(const std::string& name) const;

  std::vector<TimeRow> time_rows() const;
  std::vector<SnapshotRow> snapshot_rows() const;
  std::vector<EventRow> event_rows() const;
  std::vector<SaddleRow> saddle_rows() const;
  /// Whether the run is piecewise smooth. It then has a table of mode changes, which may be empty.
  bool has_mode_changes() const;
  std::vector<ModeChangeRow> mode_changes() const;
  /// Whether the network has grown round by round: the file has /rounds. Its parameters and neurons are in
  /// the order of their birth, see `description().growing`.
  bool has_rounds() const;
  /// Empty where the file has none.
  std::vector<RoundRow> rounds() const;
  /// Whether the file holds a skeleton: /skeleton and what belongs to it.
  bool has_skeleton() const;
  /// All of it; empty where the file has none.
  SkeletonRecord skeleton() const;
  /// The group /kkt; empty where the file has none.
  KktRecord kkt() const;
  /// Whether the file has the tables of critical points (/catalogue and others), which may be empty.
  bool has_saddle_record() const;
  /// All these tables; empty if the file has none.
  SaddleRecord saddle_record() const;

 private:
  struct Implementation;
  explicit RunReader(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace saddleflow::archive
