#include "saddleflow/flow/margin_gauge.hpp"

#include <algorithm>
#include <cmath>

namespace saddleflow {

MarginMeasures MarginGauge::measure(const Matrix& outputs, Real output_unit, const Matrix& targets, Real size,
                                    int degree, Real sine) {
  const LossFunction& function = loss_.function();
  // Margins are linear in the outputs, multipliers are not.
  scaled_ = output_unit * outputs;
  function.margin_terms(scaled_, targets, margins_, multipliers_);
  if (output_unit != 1) function.margin_terms(outputs, targets, margins_, scaled_);
  MarginMeasures result;
  const Real least = margins_.minCoeff();
  result.normalised = least / std::pow(size, static_cast<Real>(degree));
  if (!(least > 0)) return result;
  // The multipliers fall like 1/t: against the largest of them no product underflows that matters.
  multipliers_ /= multipliers_.maxCoeff();
  const Real whole = multipliers_.cwiseProduct(margins_).sum();
  margins_.array() -= least;
  const Real complementarity = multipliers_.cwiseProduct(margins_).sum() / whole;
  if (std::isfinite(complementarity)) result.kkt_residual = std::max(sine, complementarity);
  return result;
}

}  // namespace saddleflow
