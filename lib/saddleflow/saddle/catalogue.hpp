// The critical points of one problem; points that differ by a symmetry of the network are one entry.
#pragma once

#include <vector>

#include "saddleflow/correlation/kkt_point.hpp"
#include "saddleflow/saddle/critical_point.hpp"

namespace saddleflow {

/// Two points are the same entry if they have the same loss, the same outputs on the data and the same number
/// of active neurons in every layer (in linear networks: the same inertia of the Hessian), to `tolerance`
/// relative to the loss and outputs of the problem. Permutations, signs and rescalings of neurons and
/// rotations of linear layers change none of these. The points of a continuous family are one entry as well.
class Catalogue {
 public:
  explicit Catalogue(Objective& objective, Real tolerance = kSameOutputs)
      : objective_(objective), tolerance_(tolerance) {}

  /// The row of `point`, which is added if there is none. A point that is not critical always gets a new row.
  Index add(CriticalPoint point);
  /// The row of a point, -1 if there is none.
  Index find(const CriticalPoint& point);

  const std::vector<CriticalPoint>& points() const { return points_; }
  const CriticalPoint& at(Index row) const { return points_[static_cast<std::size_t>(row)]; }

 private:
  bool same(const CriticalPoint& a, const Matrix& outputs_a, std::size_t row) const;

  Objective& objective_;
  Real tolerance_;
  std::vector<CriticalPoint> points_;
  std::vector<Matrix> outputs_;
};

}  // namespace saddleflow
