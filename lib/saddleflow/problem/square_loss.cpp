// Losses that are polynomials of the outputs.
#include "saddleflow/problem/losses.hpp"

namespace saddleflow {

namespace {

class SquareLoss final : public LossFunction {
 public:
  std::string name() const override { return "square"; }
  LossTraits traits() const override {
    return {.quadratic = true, .convex = true, .bounded_below = true, .attained = true, .separable = true};
  }
  Real value(const Matrix& outputs, const Matrix& targets) const override {
    return Real(0.5) * (outputs - targets).squaredNorm();
  }
  void derivative(const Matrix& outputs, const Matrix& targets, Matrix& r) const override {
    r = outputs - targets;
  }
  void curvature(const Matrix& outputs, const Matrix&, OutputCurvature& c) const override {
    c.diagonal.setOnes(outputs.rows(), outputs.cols());
    c.off_diagonal.resize(0, 0);
  }
};

class LinearLoss final : public LossFunction {
 public:
  std::string name() const override { return "linear"; }
  LossTraits traits() const override { return {.convex = true, .separable = true}; }
  Real value(const Matrix& outputs, const Matrix& targets) const override {
    return -outputs.cwiseProduct(targets).sum();
  }
  void derivative(const Matrix&, const Matrix& targets, Matrix& r) const override { r = -targets; }
  void curvature(const Matrix& outputs, const Matrix&, OutputCurvature& c) const override {
    c.diagonal.setZero(outputs.rows(), outputs.cols());
    c.off_diagonal.resize(0, 0);
  }
};

}  // namespace

LossPointer square_loss() {
  static const LossPointer loss = std::make_shared<SquareLoss>();
  return loss;
}

LossPointer linear_loss() {
  static const LossPointer loss = std::make_shared<LinearLoss>();
  return loss;
}

}  // namespace saddleflow
