#include "outside/toy_loss.hpp"

#include <cmath>

namespace saddleflow::test {
namespace {

class LogCosh final : public LossFunction {
 public:
  std::string name() const override { return "toy_log_cosh"; }
  LossTraits traits() const override {
    LossTraits traits;
    traits.convex = traits.bounded_below = traits.attained = traits.separable = true;
    return traits;
  }
  Real value(const Matrix& outputs, const Matrix& targets) const override {
    return (outputs - targets).unaryExpr([](Real d) { return std::log(std::cosh(d)); }).sum();
  }
  void derivative(const Matrix& outputs, const Matrix& targets, Matrix& r) const override {
    r = (outputs - targets).array().tanh();
  }
  void curvature(const Matrix& outputs, const Matrix& targets, OutputCurvature& c) const override {
    c.diagonal = 1 - (outputs - targets).array().tanh().square();
    c.off_diagonal.resize(0, 0);
  }
};

}  // namespace

LossPointer log_cosh_loss() { return std::make_shared<LogCosh>(); }

}  // namespace saddleflow::test
