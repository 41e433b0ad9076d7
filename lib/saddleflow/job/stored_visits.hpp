// The visits of a stored run: as it recorded them, or found again on its rows with another prominence.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/job/kkt_run.hpp"

namespace saddleflow {

struct StoredVisit {
  /// A visit found on the rows of `/` has the times of rows, and a `point` where weights are stored between
  /// its enter and its leave: the snapshot nearest to the closest approach, of which loss, gradient and
  /// proximity are.
  archive::SaddleRow row;
  std::vector<double> exit;  ///< weights where it was left; empty: not stored, or it was not left
  double snapshot_time = archive::not_known;  ///< flow time of `row.point`
  /// Losses in the jumps before and after it, where r is largest between two visits; NaN: not known, or it
  /// was not left.
  double loss_before = archive::not_known, loss_after = archive::not_known;
  bool has_point() const { return !row.point.empty(); }
};

/// As the run recorded them, if it did; with `prominence` (or from a file that is older than visits of any
/// depth) on the rows of `/`, without integrating again: r and the loss at the end of every step, by the
/// levels of the run's own study. A recorded visit that lies within one found so stands for it. `problem`
/// must be of a run.
std::vector<StoredVisit> stored_visits(KktProblem& problem, std::optional<Real> prominence = {});

/// How near a run came to a critical point at all.
struct NearestRow {
  double proximity = archive::not_known, time = 0, loss = 0;
};

/// The row with the least r; NaN where there are no rows with an r.
NearestRow nearest_row(const archive::RunReader& run);

}  // namespace saddleflow
