// Neurons that are equal bit by bit: they stay so.
//
// If an exchange of two neurons is a symmetry of the system, and they are equal, the flow keeps them equal.
// The slopes of a deep network round each of them in its own way, and so does a solution of linear equations.
// Where equal neurons are a saddle for a pair that parts, that difference grows: after some tens of e-folds
// the path is another one. So steps make them equal again.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Groups of components of which any two of one kind can be exchanged, the k-th component of one with the
/// k-th of the other: the neurons of a layer. Empty: none is known.
struct ExchangeableGroups {
  std::vector<std::vector<Index>> members;
  std::vector<int> kinds;  ///< of each group: its layer
};

/// Of the largest slope: rounding is far below it, and what holds a neuron at a kink far above.
inline constexpr Real kSameSlope = Real(1e-9);

class EqualGroups {
 public:
  /// Those that are equal in `x`. Where kinks are held, neurons that are equal may be held in different ways,
  /// which their slopes tell: then those whose slopes differ by no more than kSameSlope; else `slope` is
  /// null.
  void find(const ExchangeableGroups& groups, const Vector& x, const Vector* slope);
  bool none() const { return copies_.empty(); }
  /// Of each class of equal groups the first one is copied to the others; `x`: a vector of components, or a
  /// column.
  void equalise(Eigen::Ref<Vector> x) const;

 private:
  std::vector<std::pair<Index, Index>> copies_;  ///< components: from, to
  std::vector<std::size_t> order_;
};

}  // namespace saddleflow
