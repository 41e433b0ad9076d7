// The loss along a flow, step by step.
#pragma once

#include <vector>

#include "saddleflow/flow/observables.hpp"

namespace saddleflow {

/// Rows in the order of flow time.
class LossCurve {
 public:
  struct Row {
    Real time = 0, loss = 0, slope = 0;  ///< slope: -||grad L||^2
  };
  void add(Real time, const Observables& o);
  const std::vector<Row>& rows() const { return rows_; }
  /// When the loss first was below the level, on the cubic through the two rows beside it; NaN: never.
  Real time_of(Real level) const;

 private:
  std::vector<Row> rows_;
};

}  // namespace saddleflow
