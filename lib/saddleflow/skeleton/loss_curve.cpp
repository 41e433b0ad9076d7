#include "saddleflow/skeleton/loss_curve.hpp"

#include <limits>

namespace saddleflow {

namespace {

// Halvings of a step in which a level is crossed: 2^-60 of it is rounding of the time.
constexpr int kCrossingSteps = 60;

/// Where the cubic through two rows passes the level.
Real cubic_crossing(const LossCurve::Row& a, const LossCurve::Row& b, Real level) {
  const Real h = b.time - a.time;
  const auto at = [&](Real u) {
    const Real v = 1 - u;
    return v * v * ((1 + 2 * u) * a.loss + u * h * a.slope) +
           u * u * ((1 + 2 * v) * b.loss - v * h * b.slope);
  };
  Real low = 0, high = 1;
  for (int k = 0; k < kCrossingSteps; ++k) {
    const Real middle = (low + high) / 2;
    (at(middle) > level ? low : high) = middle;
  }
  return a.time + high * h;
}

}  // namespace

void LossCurve::add(Real time, const Observables& o) {
  rows_.push_back({time, o.loss, -o.gradient_norm * o.gradient_norm});
}

Real LossCurve::time_of(Real level) const {
  for (std::size_t k = 1; k < rows_.size(); ++k)
    if (rows_[k].loss <= level) return cubic_crossing(rows_[k - 1], rows_[k], level);
  return std::numeric_limits<Real>::quiet_NaN();
}

}  // namespace saddleflow
