// Critical points of one problem, each once modulo the symmetries of the network.
#pragma once

#include <vector>

#include "saddleflow/correlation/kkt_point.hpp"
#include "saddleflow/saddle/critical_point.hpp"

namespace saddleflow {

/// Two points are one when they have the same loss, the same outputs on the data and as many active neurons
/// in every layer (linear networks: the same inertia of the Hessian), to `tolerance` relative to the loss and
/// outputs of the problem: permutations, signs and rescalings of neurons change none of these, nor do
/// rotations of linear layers. (Points on one continuous family count as one as well.)
class Catalogue {
 public:
  explicit Catalogue(Objective& objective, Real tolerance = kSameOutputs)
      : objective_(objective), tolerance_(tolerance) {}

  /// The row that `point` is, a new one if there is none. What is no critical point gets a row of its own.
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
