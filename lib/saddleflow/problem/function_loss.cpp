// The loss of a FunctionProblem, and the sizes by which its proximity to a critical point is measured
// (THEORY.md, section 3).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/problem/function_problem.hpp"

namespace saddleflow {
namespace {

// Below this part of the residual at the origin the loss counts as fitted, as it does for networks (Probe).
constexpr Real kFittedPart = Real(1e-4);
// L(0) - L is rounding below this part of L(0): a sum over thousands of samples.
constexpr Real kRoundingPart = Real(1e-12);
// <w, grad L> passes through zero where an unaligned start turns outwards: r stays below the inverse of this.
constexpr Real kLeastPart = Real(1e-3);
// A reference that differs by more is that of another function; another machine's rounding is far less.
constexpr Real kSameReference = Real(1e-6);

class FunctionLoss final : public LossFunction, public LossScale {
 public:
  explicit FunctionLoss(FunctionPointer problem)
      : problem_(std::move(problem)),
        infimum_(problem_->infimum.value_or(0)),
        height_(problem_->reference - infimum_) {}

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
  const LossScale* own_scale() const override { return this; }

  Real reference() const override { return problem_->reference; }
  Real excess(Real loss) const override { return (loss - infimum_) / height_; }
  // S = ||H|| (||l'|| + eta ||l'(0)||), both factors as a square loss would have them.
  ProximityScale proximity(const ProximityTerms& terms) const override {
    const Residual left = residual(terms.loss);
    if (problem_->degree == 0) {
      const Real outputs = std::sqrt(2 * height_);
      return {outputs * left.size, outputs * left.by_loss, 0, 0};
    }
    const Outputs made = outputs(terms);
    return {made.size * left.size + kLeastPart * terms.slope,
            made.by_loss * left.size + made.size * left.by_loss, kLeastPart, made.by_radial * left.size};
  }

 private:
  struct Outputs {
    Real size, by_loss, by_radial;
  };
  // ||H||^2 / 2 = L(0) - L + <w, grad L> / D by Euler. Near the origin that is the small difference of two
  // numbers, and ||H|| at least |<y, H>| / ||y||, of which <w, grad L> tells.
  Outputs outputs(const ProximityTerms& terms) const {
    const auto degree = static_cast<Real>(problem_->degree);
    const Real half_square = problem_->reference - terms.loss + terms.radial / degree;
    const Real known =
        std::max(std::abs(half_square) - kRoundingPart * std::abs(problem_->reference), Real(0));
    const Real size = std::sqrt(2 * known),
               least = std::abs(terms.radial) / (degree * std::sqrt(2 * height_));
    if (size > least) {
      const Real slope = std::copysign(1 / size, half_square);
      return {size, -slope, slope / degree};
    }
    return {least, 0, std::copysign(1 / (degree * std::sqrt(2 * height_)), terms.radial)};
  }

  struct Residual {
    Real size, by_loss;
  };
  // With what counts as fitted; of a loss that falls for ever the loss itself, in the same unit.
  Residual residual(Real loss) const {
    const Real unit = std::sqrt(2 * height_);
    if (!problem_->infimum) return {unit, 0};
    const Real part = std::max(excess(loss), Real(0));
    if (!problem_->attained) return {unit * part, unit / height_};
    const Real root = std::sqrt(part);
    return {unit * (root + kFittedPart), part > 0 ? unit / (2 * root * height_) : Real(0)};
  }

  FunctionPointer problem_;
  Real infimum_, height_;
};

}  // namespace

LossPointer function_loss(FunctionPointer problem) {
  return std::make_shared<FunctionLoss>(std::move(problem));
}

}  // namespace saddleflow
