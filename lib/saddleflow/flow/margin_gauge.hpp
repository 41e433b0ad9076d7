// The max-margin problem that the late phase on separable data solves: how far the weights have come.
#pragma once

#include <limits>
#include <utility>

#include "saddleflow/base/real.hpp"
#include "saddleflow/problem/loss.hpp"

namespace saddleflow {

/// Of a loss whose traits say `classification`; m the margins, linear in the outputs, and lambda = -dL/dm >=
/// 0 the multipliers that the loss gives them, so that -grad L = sum lambda grad m (THEORY.md, section 1,
/// "Late phase").
struct MarginMeasures {
  /// min m / ||w||^D, negative where a sample is on the wrong side.
  Real normalised = std::numeric_limits<Real>::quiet_NaN();
  /// KKT residual of: minimise ||w||^2 / 2 under m >= 1. The larger of the two numbers, both from 0 to 1,
  /// without units and scale-free, that vanish together at its KKT points alone:
  ///   stationarity      the sine between w and sum lambda grad m,
  ///   complementarity   sum lambda (m - min m) / sum lambda m.
  /// NaN where min m <= 0: such weights cannot be scaled to fulfil the constraints.
  Real kkt_residual = std::numeric_limits<Real>::quiet_NaN();
};

class MarginGauge {
 public:
  explicit MarginGauge(Loss loss) : loss_(std::move(loss)) {}

  bool applies() const { return loss_.traits().classification; }
  /// `outputs`: H(X; w / unit), so that nothing underflows; `output_unit` = unit^D, `size` = ||w / unit||,
  /// `sine` that between w and grad L. InputError of a loss without margins.
  MarginMeasures measure(const Matrix& outputs, Real output_unit, const Matrix& targets, Real size,
                         int degree, Real sine);

 private:
  Loss loss_;
  Matrix margins_, multipliers_, scaled_;
};

}  // namespace saddleflow
