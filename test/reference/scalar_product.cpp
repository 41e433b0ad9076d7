#include "reference/scalar_product.hpp"

#include <cmath>

namespace saddleflow::reference {

ScalarProduct::ScalarProduct(Real s, Real a0, Real b0)
    : s_(s), c_((a0 + b0) * (a0 - b0)), start_((a0 + b0) * (a0 + b0)) {}

Pair ScalarProduct::state(Real t) const {
  using std::exp;
  using std::sqrt;
  const Real k = sqrt(c_ * c_ + 4 * s_ * s_);
  const Real sum = k + 2 * s_;
  const Real difference = c_ * c_ / sum;  // k - 2s
  const Real e = exp(-k * t);
  const Real numerator = start_ * sum + c_ * c_ + e * difference * (start_ - sum);
  const Real denominator = start_ + difference + e * (sum - start_);
  const Real a_plus_b = sqrt(numerator / denominator);
  const Real a_minus_b = c_ / a_plus_b;
  return {(a_plus_b + a_minus_b) / 2, (a_plus_b - a_minus_b) / 2};
}

Real balanced_product(Real s, Real q0, Real t) {
  using std::exp;
  return s / (1 + (s / q0 - 1) * exp(-2 * s * t));
}

Real limit_path_product(Real s, Real t) {
  using std::exp;
  return s / (1 + 2 * s * exp(-2 * s * t));
}

Real unbalanced_time(Real s, Real c, Real h0, Real h1) {
  using std::log;
  using std::sqrt;
  const Real k = sqrt(c * c + 4 * s * s);
  const auto antiderivative = [&](Real h) { return log((k + c + 2 * s * h) / (k - c - 2 * s * h)) / k; };
  return antiderivative(h1) - antiderivative(h0);
}

}  // namespace saddleflow::reference
