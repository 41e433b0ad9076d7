#include "saddleflow/problem/scaled_outputs.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "saddleflow/base/error.hpp"

namespace saddleflow {
namespace {

class ScaledOutputs final : public LossFunction {
 public:
  ScaledOutputs(LossPointer loss, Real c) : loss_(std::move(loss)), c_(c) {}

  std::string name() const override { return loss_->name(); }
  LossTraits traits() const override {
    LossTraits traits = loss_->traits();
    traits.quadratic = false;  // c^2/2 |outputs - targets/c|^2 is no half of a square
    return traits;
  }
  Real value(const Matrix& outputs, const Matrix& targets) const override {
    return loss_->value(c_ * outputs, targets);
  }
  void derivative(const Matrix& outputs, const Matrix& targets, Matrix& r) const override {
    loss_->derivative(c_ * outputs, targets, r);
    r *= c_;
  }
  void curvature(const Matrix& outputs, const Matrix& targets, OutputCurvature& c) const override {
    loss_->curvature(c_ * outputs, targets, c);
    c *= c_ * c_;
  }
  void check_targets(const Matrix& targets) const override { loss_->check_targets(targets); }
  Matrix encoded_targets(const Matrix& given, Index outputs) const override {
    return loss_->encoded_targets(given, outputs);
  }
  // The loss as a function of the margins is the same one; only the margins are c times those of the plain
  // outputs.
  void margin_terms(const Matrix& outputs, const Matrix& targets, Matrix& margins,
                    Matrix& weights) const override {
    loss_->margin_terms(c_ * outputs, targets, margins, weights);
  }
  Real error_rate(const Matrix& outputs, const Matrix& targets) const override {
    return loss_->error_rate(c_ * outputs, targets);
  }

 private:
  LossPointer loss_;
  Real c_;
};

}  // namespace

LossPointer scaled_outputs(LossPointer loss, Real c) {
  if (!(c > 0) || !std::isfinite(c))
    throw InputError(fmt::format("loss: found {} as the factor of the outputs, expected a positive number",
                                 static_cast<double>(c)));
  if (loss->own_scale() != nullptr)
    throw InputError("loss: \"" + loss->name() +
                     "\" is no function of a network's outputs, which are scaled here");
  return std::make_shared<ScaledOutputs>(std::move(loss), c);
}

}  // namespace saddleflow
