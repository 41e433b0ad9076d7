// The late end of a run on separable data, seen from the KKT point of the max-margin problem: the job of
// sf-kkt beside the early end (kkt_run.hpp).
#pragma once

#include <atomic>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "saddleflow/correlation/max_margin.hpp"
#include "saddleflow/job/kkt_run.hpp"

namespace saddleflow {

/// Where the direction of a run with margins turns to.
struct LateDirection {
  /// Why there is no point; empty where a search was made.
  std::string refusal;
  MaxMarginPoint point;
  Real time = 0;               ///< of the last snapshot
  Real normalised_margin = 0;  ///< of its weights
  std::vector<double>
      cosines;  ///< between the weights and the point, one each per snapshot; NaN where w is zero
  std::vector<AlignmentCrossing> crossings;  ///< as those of RunApproach, over all snapshots
  Real angle = 0;                            ///< in radians, at the last snapshot
  /// The angle goes like (ln t)^exponent, over the second half of ln t; NaN where the run is too short to
  /// say.
  Real exponent = std::numeric_limits<Real>::quiet_NaN();
  /// The point was found, and the direction is there to 1e-6, or the angle falls at least half as fast as
  /// theory expects of the slowest deviations, (ln t)^(-1/D). Otherwise the point is one near the run, and
  /// the run need not go there: a direction can pass a saddle of the max-margin problem, and leaves it like a
  /// power of ln t.
  bool approached = false;
};

/// From the last snapshot of problem.run. None where the loss has no margins or one of them is not larger
/// than 1 there, where losses begin to fall exponentially: the run has no late phase. `interrupt` as for
/// find_max_margin_point(); point.interrupted tells of it.
std::optional<LateDirection> follow_late_direction(const KktProblem& problem,
                                                   const std::atomic<bool>* interrupt = nullptr);

/// Gives the record of a search the point and its margins, and the rows of the snapshots their cosines.
void describe_late_direction(const LateDirection& late, archive::KktRecord& record,
                             std::vector<archive::SnapshotRow>& rows);

}  // namespace saddleflow
