#include "saddleflow/problem/loss_rounding.hpp"

#include <limits>

namespace saddleflow {

Matrix derivative_rounding(const Loss& loss, const Matrix& outputs, const Matrix& targets) {
  // Of the last bit: what a few sums that follow on one another make of it.
  const Real rounding = 16 * std::numeric_limits<Real>::epsilon();
  Matrix residual, curvature;
  loss.derivative(outputs, targets, residual);
  loss.second_derivative(outputs, targets, curvature);
  return rounding * (curvature.cwiseProduct(outputs).cwiseAbs() + residual.cwiseAbs());
}

}  // namespace saddleflow
