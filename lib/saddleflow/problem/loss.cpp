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

void Loss::derivative(const Matrix& outputs, const Matrix& targets, Matrix& r) const {
  function_->derivative(outputs, targets, r);
  if (reduction_ == Reduction::mean) r *= scale(outputs);
}

void Loss::curvature(const Matrix& outputs, const Matrix& targets, OutputCurvature& c) const {
  function_->curvature(outputs, targets, c);
  if (reduction_ == Reduction::mean) c *= scale(outputs);
}

}  // namespace saddleflow
