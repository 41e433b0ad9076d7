#include "saddleflow/problem/function_scale.hpp"

#include <algorithm>
#include <cmath>

namespace saddleflow {
namespace {

// Below this part of the residual at the origin the loss counts as fitted, as it does for networks (Probe).
constexpr Real kFittedPart = Real(1e-4);
// L(0) - L is rounding below this part of L(0): a sum over thousands of samples.
constexpr Real kRoundingPart = Real(1e-12);
// <w, grad L> passes through zero where an unaligned start turns outwards: r stays below the inverse of this.
constexpr Real kLeastPart = Real(1e-3);

}  // namespace

FunctionScale::FunctionScale(const Options& options)
    : options_(options), infimum_(options.infimum.value_or(0)), height_(options.reference - infimum_) {}

// S = ||H|| (||l'|| + eta ||l'(0)||), both factors as a square loss would have them.
ProximityScale FunctionScale::proximity(const ProximityTerms& terms) const {
  const Residual left = residual(terms.loss);
  if (options_.degree == 0) {
    const Real outputs = std::sqrt(2 * height_);
    return {outputs * left.size, outputs * left.by_loss, 0, 0};
  }
  const Outputs made = outputs(terms);
  return {made.size * left.size + kLeastPart * terms.slope,
          made.by_loss * left.size + made.size * left.by_loss, kLeastPart, made.by_radial * left.size};
}

// ||H||^2 / 2 = L(0) - L + <w, grad L> / D by Euler. Near the origin that is the small difference of two
// numbers, and ||H|| at least |<y, H>| / ||y||, of which <w, grad L> tells.
FunctionScale::Outputs FunctionScale::outputs(const ProximityTerms& terms) const {
  const auto degree = static_cast<Real>(options_.degree);
  const Real half_square = options_.reference - terms.loss + terms.radial / degree;
  const Real known = std::max(std::abs(half_square) - kRoundingPart * std::abs(options_.reference), Real(0));
  const Real size = std::sqrt(2 * known), least = std::abs(terms.radial) / (degree * std::sqrt(2 * height_));
  if (size > least) {
    const Real slope = std::copysign(1 / size, half_square);
    return {size, -slope, slope / degree};
  }
  return {least, 0, std::copysign(1 / (degree * std::sqrt(2 * height_)), terms.radial)};
}

// With what counts as fitted; of a loss that falls for ever the loss itself, in the same unit.
FunctionScale::Residual FunctionScale::residual(Real loss) const {
  const Real unit = std::sqrt(2 * height_);
  if (!options_.infimum) return {unit, 0};
  const Real part = std::max(excess(loss), Real(0));
  if (!options_.attained) return {unit * part, unit / height_};
  const Real root = std::sqrt(part);
  return {unit * (root + kFittedPart), part > 0 ? unit / (2 * root * height_) : Real(0)};
}

}  // namespace saddleflow
