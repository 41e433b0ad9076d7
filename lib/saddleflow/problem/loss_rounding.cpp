#include "saddleflow/problem/loss_rounding.hpp"

#include <limits>

namespace saddleflow {
namespace {

// Of the last bit: what a few sums that follow on one another make of it.
constexpr Real kDerivativeRounding = 16 * std::numeric_limits<Real>::epsilon();

}  // namespace

Matrix derivative_rounding(const Loss& loss, const Matrix& outputs, const Matrix& targets) {
  Matrix residual, rounding;
  OutputCurvature curvature;
  loss.derivative(outputs, targets, residual);
  loss.curvature(outputs, targets, curvature);
  derivative_rounding(outputs, residual, curvature, rounding);
  return rounding;
}

void derivative_rounding(const Matrix& outputs, const Matrix& derivative, const OutputCurvature& second,
                         Matrix& out) {
  multiply_sizes(second, outputs, out);
  out = kDerivativeRounding * (out + derivative.cwiseAbs());
}

}  // namespace saddleflow
