#include "saddleflow/problem/loss.hpp"

#include <fmt/format.h>

#include <cmath>

#include "saddleflow/base/error.hpp"

namespace saddleflow {
namespace {

// Everything logistic goes through e^{-|m|} of the margin m = y yhat, which cannot overflow.

Real logistic_value(Real margin) {
  using std::abs, std::exp, std::log1p;
  return Real(2) * (log1p(exp(-abs(margin))) + (margin < Real(0) ? -margin : Real(0)));
}

/// 1 / (1 + e^m): the weight of a sample with margin m.
Real logistic_weight(Real margin) {
  using std::abs, std::exp;
  const Real e = exp(-abs(margin));
  return (margin < Real(0) ? Real(1) : e) / (Real(1) + e);
}

Real logistic_curvature(Real margin) {
  using std::abs, std::exp;
  const Real e = exp(-abs(margin));
  return Real(2) * e / ((Real(1) + e) * (Real(1) + e));
}

}  // namespace

Real Loss::value(const Matrix& outputs, const Matrix& targets) const {
  if (kind_ == LossKind::square) return Real(0.5) * scale(outputs) * (outputs - targets).squaredNorm();
  if (kind_ == LossKind::linear) return -scale(outputs) * outputs.cwiseProduct(targets).sum();
  return scale(outputs) * outputs.cwiseProduct(targets).unaryExpr(&logistic_value).sum();
}

void Loss::derivative(const Matrix& outputs, const Matrix& targets, Matrix& r) const {
  if (kind_ == LossKind::square)
    r = scale(outputs) * (outputs - targets);
  else if (kind_ == LossKind::linear)
    r = -scale(outputs) * targets;
  else
    r = outputs.binaryExpr(targets, [factor = Real(-2) * scale(outputs)](Real output, Real target) {
      return factor * target * logistic_weight(target * output);
    });
}

void Loss::second_derivative(const Matrix& outputs, const Matrix& targets, Matrix& c) const {
  if (kind_ == LossKind::square)
    c.setConstant(outputs.rows(), outputs.cols(), scale(outputs));
  else if (kind_ == LossKind::linear)
    c.setZero(outputs.rows(), outputs.cols());
  else
    c = scale(outputs) * outputs.cwiseProduct(targets).unaryExpr(&logistic_curvature);
}

void Loss::check_targets(const Matrix& targets) const {
  for (Index i = 0; i < targets.cols(); ++i) {
    for (Index o = 0; o < targets.rows(); ++o) {
      const Real y = targets(o, i);
      const bool fits = kind_ == LossKind::logistic ? y == Real(1) || y == Real(-1) : std::isfinite(y);
      if (!fits)
        throw InputError(fmt::format("targets: found {} for sample {}, output {}; the {} loss expects {}", y,
                                     i, o, name(),
                                     kind_ == LossKind::logistic ? "-1 or +1" : "finite numbers"));
    }
  }
}

}  // namespace saddleflow
