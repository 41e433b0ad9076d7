// The loss of one sample and its derivatives (THEORY.md, section 1).
#pragma once

#include <string>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// linear: l(H, y) = -y . H, with y = -l'(0) minus the correlation function of another loss. No minimum; not
/// offered to studies.
enum class LossKind { square, logistic, linear };
enum class Reduction { sum, mean };

/// square: (1/2)(yhat - y)^2; logistic: 2 ln(1 + e^{-y yhat}), y = +-1. Summed over outputs and samples, or
/// divided by the number of samples (`mean`). With these scalings -l'(0, y) = y for both. Overflow-free for
/// any argument.
class Loss {
 public:
  explicit Loss(LossKind kind = LossKind::square, Reduction reduction = Reduction::sum)
      : kind_(kind), reduction_(reduction) {}

  LossKind kind() const { return kind_; }
  Reduction reduction() const { return reduction_; }
  std::string name() const {
    return kind_ == LossKind::square ? "square" : kind_ == LossKind::logistic ? "logistic" : "linear";
  }
  std::string reduction_name() const { return reduction_ == Reduction::sum ? "sum" : "mean"; }

  /// L = sum (or mean over columns) of l(outputs, targets); both k x n.
  Real value(const Matrix& outputs, const Matrix& targets) const;
  /// r = dL/d outputs (k x n), the reduction included.
  void derivative(const Matrix& outputs, const Matrix& targets, Matrix& r) const;
  /// c = d^2 L / d outputs^2 (k x n, diagonal), the reduction included.
  void second_derivative(const Matrix& outputs, const Matrix& targets, Matrix& c) const;
  /// Throws InputError when the targets do not fit (logistic: all must be -1 or +1; any: finite).
  void check_targets(const Matrix& targets) const;

 private:
  Real scale(const Matrix& outputs) const {
    return reduction_ == Reduction::mean ? Real(1) / static_cast<Real>(outputs.cols()) : Real(1);
  }
  LossKind kind_;
  Reduction reduction_;
};

}  // namespace saddleflow
