#include "saddleflow/problem/loss.hpp"

#include <utility>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

Loss::Loss(LossPointer function, Reduction reduction)
    : function_(std::move(function)), reduction_(reduction) {
  if (!function_) throw InputError("loss: found no function, expected one");
}

Real Loss::value(const Matrix& outputs, const Matrix& targets) const {
  return scale(outputs) * function_->value(outputs, targets);
}

Real Loss::at_origin(const Matrix& targets) const {
  if (const LossScale* own = function_->own_scale()) return own->reference();
  return value(Matrix::Zero(targets.rows(), targets.cols()), targets);
}

bool Loss::is_fitted(const Matrix& outputs, const Matrix& targets, Real part) const {
  // The loss falls like the square of the residual.
  if (const LossScale* own = function_->own_scale())
    return own->excess(value(outputs, targets)) <= part * part;
  Matrix here, at_origin;
  derivative(outputs, targets, here);
  derivative(Matrix::Zero(targets.rows(), targets.cols()), targets, at_origin);
  return here.norm() <= part * at_origin.norm();
}

void Loss::derivative(const Matrix& outputs, const Matrix& targets, Matrix& r) const {
  function_->derivative(outputs, targets, r);
  if (reduction_ == Reduction::mean) r *= scale(outputs);
}

void Loss::curvature(const Matrix& outputs, const Matrix& targets, OutputCurvature& c) const {
  function_->curvature(outputs, targets, c);
  if (reduction_ == Reduction::mean) c *= scale(outputs);
}

}  // namespace saddleflow
