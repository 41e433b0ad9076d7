#include "saddleflow/job/late_direction.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/to_doubles.hpp"

namespace saddleflow {
namespace {

// Below this the errors of a run's steps may be all that is left of an angle.
constexpr Real kArrived = Real(1e-6);

/// Of two directions; precise where it is small, unlike the inverse cosine.
Real angle_between(const Vector& a, const Vector& b) {
  return 2 * std::asin(std::min(Real(1), (a.normalized() - b.normalized()).norm() / 2));
}

void follow_snapshots(const std::vector<archive::SnapshotRow>& snapshots, LateDirection& late) {
  LevelsOfCosine levels;
  for (const archive::SnapshotRow& row : snapshots) {
    const Vector w = weights_of(row);
    const Real cosine = w.norm() > 0 ? w.normalized().dot(late.point.weights.normalized())
                                     : std::numeric_limits<Real>::quiet_NaN();
    late.cosines.push_back(static_cast<double>(cosine));
    levels.see(cosine, static_cast<Real>(row.time), late.crossings);
  }
}

/// Compares the last snapshot with the first one of the second half of ln t.
void measure_approach(const std::vector<archive::SnapshotRow>& snapshots, int degree, LateDirection& late) {
  late.angle = angle_between(weights_of(snapshots.back()), late.point.weights);
  const Real half = std::log(late.time) / 2;
  for (std::size_t k = 0; k + 1 < snapshots.size(); ++k) {
    const Real log_time = std::log(static_cast<Real>(snapshots[k].time));
    if (!(log_time >= half) || !(log_time > 1)) continue;
    late.exponent = std::log(late.angle / angle_between(weights_of(snapshots[k]), late.point.weights)) /
                    std::log(std::log(late.time) / log_time);
    break;
  }
  late.approached = late.angle <= kArrived || late.exponent <= Real(-0.5) / static_cast<Real>(degree);
}

}  // namespace

std::optional<LateDirection> follow_late_direction(const KktProblem& problem,
                                                   const std::atomic<bool>* interrupt) {
  Objective& objective = *problem.objective;
  if (!problem.run || !objective.loss().traits().classification) return std::nullopt;
  const std::vector<archive::SnapshotRow> snapshots = problem.run->snapshot_rows();
  if (snapshots.empty()) return std::nullopt;
  const Vector end = weights_of(snapshots.back());
  const Real least =
      objective.loss().function().margins(objective.outputs(end), objective.data().targets).minCoeff();
  // Tiny outputs of the right signs are no late phase.
  if (!(least > 1)) return std::nullopt;
  LateDirection late;
  late.time = static_cast<Real>(snapshots.back().time);
  late.normalised_margin = least / std::pow(end.norm(), static_cast<Real>(objective.network().degree()));
  try {
    late.point = find_max_margin_point(objective, end, interrupt);
  } catch (const InputError& error) {
    late.refusal = error.what();
    return late;
  }
  if (late.point.converged) {
    follow_snapshots(snapshots, late);
    measure_approach(snapshots, objective.network().degree(), late);
  }
  return late;
}

void describe_late_direction(const LateDirection& late, archive::KktRecord& record,
                             std::vector<archive::SnapshotRow>& rows) {
  if (!late.refusal.empty()) return;
  const MaxMarginPoint& point = late.point;
  archive::MaxMarginRow row;
  row.weights = to_doubles(point.weights);
  row.normalised_margin = static_cast<double>(point.normalised);
  row.stationarity = static_cast<double>(point.stationarity);
  row.violation = static_cast<double>(point.violation);
  row.support_vectors = point.support;
  row.converged = point.converged ? 1 : 0;
  if (point.converged) {
    row.angle = static_cast<double>(late.angle);
    row.exponent = static_cast<double>(late.exponent);
  }
  row.approached = late.approached ? 1 : 0;
  record.max_margin = {row};
  for (Index i = 0; i < point.margins.cols(); ++i)
    for (Index q = 0; q < point.margins.rows(); ++q)
      record.margins.push_back(
          {i, q, static_cast<double>(point.margins(q, i)), static_cast<double>(point.multipliers(q, i))});
  for (std::size_t k = 0; k < rows.size() && k < late.cosines.size(); ++k)
    rows[k].max_margin_alignment = late.cosines[k];
}

}  // namespace saddleflow
