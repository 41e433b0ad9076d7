// Losses of the margin m = y yhat, y = +-1.
#include <cmath>

#include "saddleflow/problem/losses.hpp"

namespace saddleflow {

namespace {

/// Targets and answers of all losses of this kind.
class SignLoss : public LossFunction {
 public:
  LossTraits traits() const final {
    return {.convex = true, .bounded_below = true, .separable = true, .classification = true};
  }
  void check_targets(const Matrix& targets) const final {
    for (Index i = 0; i < targets.cols(); ++i) {
      for (Index o = 0; o < targets.rows(); ++o) {
        const Real y = targets(o, i);
        if (y != Real(1) && y != Real(-1)) refuse_target(y, i, o, "-1 or +1");
      }
    }
  }
  void margin_terms(const Matrix& outputs, const Matrix& targets, Matrix& margins,
                    Matrix& weights) const final {
    derivative(outputs, targets, weights);
    weights = weights.cwiseAbs();
    margins = outputs.cwiseProduct(targets);
  }
  /// Of all signs, those of one sample apart.
  Real error_rate(const Matrix& outputs, const Matrix& targets) const final {
    const auto right = (outputs.array() * targets.array() > 0).count();
    return static_cast<Real>(targets.size() - right) / static_cast<Real>(targets.size());
  }
};

// Everything logistic goes through e^{-|m|}, which cannot overflow. Where m is large each result is this
// number times what rounds to one, as precise as the margin is.

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

class LogisticLoss final : public SignLoss {
 public:
  std::string name() const override { return "logistic"; }
  Real value(const Matrix& outputs, const Matrix& targets) const override {
    return outputs.cwiseProduct(targets).unaryExpr(&logistic_value).sum();
  }
  void derivative(const Matrix& outputs, const Matrix& targets, Matrix& r) const override {
    r = outputs.binaryExpr(targets, [](Real output, Real target) {
      return Real(-2) * target * logistic_weight(target * output);
    });
  }
  void curvature(const Matrix& outputs, const Matrix& targets, OutputCurvature& c) const override {
    c.diagonal = outputs.cwiseProduct(targets).unaryExpr(&logistic_curvature);
    c.off_diagonal.resize(0, 0);
  }
};

class ExponentialLoss final : public SignLoss {
 public:
  std::string name() const override { return "exponential"; }
  Real value(const Matrix& outputs, const Matrix& targets) const override {
    return outputs.cwiseProduct(targets).unaryExpr(&of_margin).sum();
  }
  void derivative(const Matrix& outputs, const Matrix& targets, Matrix& r) const override {
    r = outputs.binaryExpr(targets,
                           [](Real output, Real target) { return -target * of_margin(target * output); });
  }
  void curvature(const Matrix& outputs, const Matrix& targets, OutputCurvature& c) const override {
    c.diagonal = outputs.cwiseProduct(targets).unaryExpr(&of_margin);
    c.off_diagonal.resize(0, 0);
  }

 private:
  static Real of_margin(Real margin) {
    using std::exp;
    return exp(-margin);
  }
};

}  // namespace

LossPointer logistic_loss() {
  static const LossPointer loss = std::make_shared<LogisticLoss>();
  return loss;
}

LossPointer exponential_loss() {
  static const LossPointer loss = std::make_shared<ExponentialLoss>();
  return loss;
}

}  // namespace saddleflow
