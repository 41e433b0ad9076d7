// What the operations of an objective cost, in units of a gradient.
#pragma once

#include "saddleflow/problem/objective.hpp"

namespace saddleflow::benchmark {

struct UnitCosts {
  double gradient_seconds = 0;
  // In gradients.
  double value = 0;           ///< a forward pass
  double hessian_vector = 0;  ///< a product, the gradient at the same weights being kept
  double hessian = 0;

  /// Gradient equivalents; linear algebra not counted.
  double of(const WorkCounters& work) const {
    return static_cast<double>(work.gradients) + value * static_cast<double>(work.values) +
           hessian_vector * static_cast<double>(work.hessian_vectors) +
           hessian * static_cast<double>(work.hessians);
  }
};

/// Measured around w: the best of several loops, processor time. The Hessian only up to `dense_limit`
/// weights; 0 above.
UnitCosts measure_unit_costs(Objective& objective, const Vector& w, Index dense_limit);

}  // namespace saddleflow::benchmark
