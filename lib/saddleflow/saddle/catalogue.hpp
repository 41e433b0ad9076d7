// The critical points of one problem; points that differ by a symmetry of the network are one entry.
#pragma once

#include <cstdint>
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

  /// For every point the row of the narrowest one of those with the same outputs on the data, to the
  /// tolerance: the one with the least sum of `widths` (one list a point), of these with the fewest active
  /// neurons, of these the first. -1 where no other critical point has these outputs. Neurons at zero, and
  /// neurons that act as one, make points of several widths one function.
  std::vector<Index> same_functions(const std::vector<std::vector<std::int64_t>>& widths) const;

  const std::vector<CriticalPoint>& points() const { return points_; }
  const CriticalPoint& at(Index row) const { return points_[static_cast<std::size_t>(row)]; }

 private:
  bool same_outputs(const Matrix& a, const Matrix& b) const;
  bool same(const CriticalPoint& a, const Matrix& outputs_a, std::size_t row) const;

  Objective& objective_;
  Real tolerance_;
  std::vector<CriticalPoint> points_;
  std::vector<Matrix> outputs_;
};

}  // namespace saddleflow
