// The training loss by the outputs: a loss function and how the samples are put together.
#pragma once

#include <string>

#include "saddleflow/problem/loss_function.hpp"
#include "saddleflow/problem/losses.hpp"

namespace saddleflow {

enum class Reduction { sum, mean };

/// A loss function summed over the samples, or divided by their number (`mean`). A cheap value: copies share
/// the function.
class Loss {
 public:
  /// The square loss, summed.
  Loss() : Loss(square_loss()) {}
  /// InputError where there is no function.
  explicit Loss(LossPointer function, Reduction reduction = Reduction::sum);

  const LossFunction& function() const { return *function_; }
  LossPointer shared_function() const { return function_; }
  LossTraits traits() const { return function_->traits(); }
  Reduction reduction() const { return reduction_; }
  std::string name() const { return function_->name(); }
  std::string reduction_name() const { return reduction_ == Reduction::sum ? "sum" : "mean"; }

  /// L = sum (or mean over columns) of l(outputs, targets); both k x n.
  Real value(const Matrix& outputs, const Matrix& targets) const;
  /// L(0): that of outputs that are all zero, or what stands for it (LossScale).
  Real at_origin(const Matrix& targets) const;
  /// Whether what is left of the loss is no more than this part of the residual at the origin.
  bool is_fitted(const Matrix& outputs, const Matrix& targets, Real part) const;
  /// r = dL/d outputs (k x n), the reduction included.
  void derivative(const Matrix& outputs, const Matrix& targets, Matrix& r) const;
  /// c = d^2 L / d outputs^2, a block a sample, the reduction included.
  void curvature(const Matrix& outputs, const Matrix& targets, OutputCurvature& c) const;
  /// Throws InputError when the targets do not fit.
  void check_targets(const Matrix& targets) const { function_->check_targets(targets); }

 private:
  Real scale(const Matrix& outputs) const {
    return reduction_ == Reduction::mean ? Real(1) / static_cast<Real>(outputs.cols()) : Real(1);
  }
  LossPointer function_;
  Reduction reduction_;
};

}  // namespace saddleflow
