// The loss of a FunctionProblem.
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/problem/function_problem.hpp"
#include "saddleflow/problem/function_scale.hpp"

namespace saddleflow {
namespace {

// A reference that differs by more is that of another function; another machine's rounding is far less.
constexpr Real kSameReference = Real(1e-6);

class FunctionLoss final : public LossFunction {
 public:
  explicit FunctionLoss(FunctionPointer problem)
      : problem_(std::move(problem)),
        scale_({problem_->reference, problem_->infimum, problem_->attained, problem_->degree}) {}

  std::string name() const override { return "function"; }
  LossTraits traits() const override {
    LossTraits traits;
    traits.convex = traits.separable = true;  // in the output, which it is
    traits.bounded_below = problem_->infimum.has_value();
    traits.attained = problem_->attained;
    return traits;
  }
  Real value(const Matrix& outputs, const Matrix& /*targets*/) const override { return outputs.sum(); }
  void derivative(const Matrix& outputs, const Matrix& /*targets*/, Matrix& r) const override {
    r.setOnes(outputs.rows(), outputs.cols());
  }
  void curvature(const Matrix& outputs, const Matrix& /*targets*/, OutputCurvature& c) const override {
    c.diagonal.setZero(outputs.rows(), outputs.cols());
    c.off_diagonal.resize(0, 0);
  }
  void check_targets(const Matrix& targets) const override {
    LossFunction::check_targets(targets);
    const Real found = targets(0, 0), expected = problem_->reference;
    if (targets.size() != 1 || !(std::abs(found - expected) <= kSameReference * std::abs(expected)))
      throw InputError(
          fmt::format("targets: found the reference loss {:.17g}, expected {:.17g} of the function: is it "
                      "another one?",
                      static_cast<double>(found), static_cast<double>(expected)));
  }
  const LossScale* own_scale() const override { return &scale_; }

 private:
  FunctionPointer problem_;
  FunctionScale scale_;
};

}  // namespace

LossPointer function_loss(FunctionPointer problem) {
  return std::make_shared<FunctionLoss>(std::move(problem));
}

}  // namespace saddleflow
