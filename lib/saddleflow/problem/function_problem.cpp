#include "saddleflow/problem/function_problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/network/kernel.hpp"

namespace saddleflow {

const Real kDifferenceStep = std::cbrt(std::numeric_limits<Real>::epsilon());

namespace {

// Random directions that the error of differences is measured along, and what their mean may miss: by
// judgement.
constexpr int kProbes = 8;
constexpr Real kProbeMargin = 4;

class FunctionKernel final : public Kernel {
 public:
  explicit FunctionKernel(FunctionPointer problem)
      : problem_(std::move(problem)),
        gradient_(problem_->size),
        outputs_(Matrix::Zero(1, 1)),
        tangent_(Matrix::Zero(1, 1)) {}

  const Matrix& forward(const Vector& w) override {
    w_ = w;
    has_gradient_ = false;
    if (problem_->value_and_gradient) {
      outputs_(0, 0) = problem_->value_and_gradient(w_, gradient_);
      has_gradient_ = true;
    } else {
      outputs_(0, 0) = problem_->value(w_);
    }
    return outputs_;
  }

  void backward(const Matrix& r, Vector& out) override {
    r_ = r(0, 0);
    out = r_ * gradient();
  }

  const Matrix& tangent(const Vector& v) override {
    v_ = v;
    tangent_(0, 0) = gradient().dot(v);
    return tangent_;
  }

  void tangent_backward(const Matrix& dr, Vector& out) override {
    product(v_, out);
    out *= r_;
    if (dr(0, 0) != 0) out += dr(0, 0) * gradient();
  }

  void hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) override {
    require_diagonal(c, "function");
    const Index n = problem_->size;
    out.resize(n, n);
    if (problem_->hessian) {
      problem_->hessian(w_, out);
    } else {
      Vector unit = Vector::Zero(n), column(n);
      for (Index i = 0; i < n; ++i) {
        unit[i] = 1;
        product(unit, column);
        unit[i] = 0;
        out.col(i) = column;
      }
    }
    out = r(0, 0) / 2 * (out + out.transpose()).eval();  // differences are symmetric up to their error
    if (c.diagonal(0, 0) != 0) out += c.diagonal(0, 0) * gradient() * gradient().transpose();
  }

  // What twice the step changes, in the Frobenius norm: three times the error where the third derivative is
  // continuous, and as much as it where it jumps.
  Real hessian_error() override {
    if (problem_->hessian || problem_->hessian_vector) return 0;
    Random random(1);
    Vector once(problem_->size), twice(problem_->size);
    Real sum = 0;
    for (int k = 0; k < kProbes; ++k) {
      const Vector v = random.unit_vector(problem_->size);
      difference(v, 1, once);
      difference(v, 2, twice);
      sum += (twice - once).squaredNorm();
    }
    return kProbeMargin * std::sqrt(static_cast<Real>(problem_->size) * sum / kProbes);
  }

 private:
  const Vector& gradient() {
    if (!has_gradient_) problem_->gradient(w_, gradient_);
    has_gradient_ = true;
    return gradient_;
  }

  void gradient_at(const Vector& w, Vector& g) const {
    if (problem_->gradient)
      problem_->gradient(w, g);
    else
      problem_->value_and_gradient(w, g);
  }

  void product(const Vector& v, Vector& out) {
    if (problem_->hessian_vector) return problem_->hessian_vector(w_, v, out);
    difference(v, 1, out);
  }

  void difference(const Vector& v, Real steps, Vector& out) {
    const Real size = v.stableNorm(), unit = w_.stableNorm();
    out.setZero(problem_->size);
    if (size == 0) return;
    const Real h = steps * kDifferenceStep * (unit > 0 ? unit : Real(1)) / size;
    gradient_at(w_ + h * v, out);
    gradient_at(w_ - h * v, behind_);
    out = (out - behind_) / (2 * h);
  }

  FunctionPointer problem_;
  Vector w_, gradient_, v_, behind_;
  Matrix outputs_, tangent_;
  Real r_ = 1;
  bool has_gradient_ = false;
};

class FunctionNetwork final : public Network {
 public:
  explicit FunctionNetwork(FunctionPointer problem)
      : problem_(std::move(problem)), layout_({{problem_->size, 1}}) {
    for (const std::vector<Index>& weights : problem_->neurons)
      neurons_.push_back({0, static_cast<Index>(neurons_.size()), weights, {}});
  }

  std::string kind() const override { return "function"; }
  NetworkTraits traits() const override {
    NetworkTraits traits;
    traits.homogeneous = false;
    traits.smoothness = problem_->smooth ? Smoothness::smooth_gradient : Smoothness::kinked;
    return traits;
  }
  std::string description() const override {
    std::string text = fmt::format("function of {} weights", problem_->size);
    if (!neurons_.empty()) text += fmt::format(", {} neurons", neurons_.size());
    if (problem_->degree > 0) text += fmt::format(", degree {} at the origin", problem_->degree);
    return text;
  }
  Index input_count() const override { return 1; }
  Index output_count() const override { return 1; }
  int degree() const override { return std::max(problem_->degree, 1); }
  const Layout& layout() const override { return layout_; }
  const std::vector<Neuron>& neurons() const override { return neurons_; }
  std::unique_ptr<Kernel> kernel(const Matrix& inputs) const override {
    if (inputs.rows() != 1 || inputs.cols() != 1)
      throw InputError(
          fmt::format("function: found inputs {} x {}, expected one number", inputs.rows(), inputs.cols()));
    return std::make_unique<FunctionKernel>(problem_);
  }

 private:
  FunctionPointer problem_;
  Layout layout_;
  std::vector<Neuron> neurons_;
};

void check_neurons(const FunctionProblem& problem) {
  std::vector<char> taken(static_cast<std::size_t>(problem.size), 0);
  for (std::size_t k = 0; k < problem.neurons.size(); ++k) {
    if (problem.neurons[k].empty())
      throw InputError(fmt::format("neurons: neuron {}: found no weights, expected at least one", k));
    for (const Index i : problem.neurons[k]) {
      if (i < 0 || i >= problem.size)
        throw InputError(
            fmt::format("neurons: neuron {}: found weight {}, expected 0 to {}", k, i, problem.size - 1));
      if (std::exchange(taken[static_cast<std::size_t>(i)], char(1)))
        throw InputError(
            fmt::format("neurons: neuron {}: found weight {} a second time, expected each in "
                        "one neuron at most",
                        k, i));
    }
  }
}

}  // namespace

void check_function(const FunctionProblem& problem) {
  if (problem.size < 1)
    throw InputError(fmt::format("function: found {} weights, expected at least 1", problem.size));
  if (!problem.value_and_gradient && !(problem.value && problem.gradient))
    throw InputError(fmt::format("function: found no {}, expected value and gradient, or both as one",
                                 problem.value ? "gradient" : "value"));
  if (problem.degree < 0)
    throw InputError(fmt::format("degree: found {}, expected at least 1, or 0 for unknown", problem.degree));
  const Real infimum = problem.infimum.value_or(0);
  if (!std::isfinite(infimum)) throw InputError("infimum: is not finite, expected a number or none");
  if (!std::isfinite(problem.reference) || !(problem.reference > infimum))
    throw InputError(fmt::format("reference: found {:g}, expected a finite loss above the infimum {:g}",
                                 static_cast<double>(problem.reference), static_cast<double>(infimum)));
  check_neurons(problem);
}

std::shared_ptr<const Network> function_network(FunctionPointer problem) {
  check_function(*problem);
  return std::make_shared<FunctionNetwork>(std::move(problem));
}

Dataset function_data(const FunctionProblem& problem) {
  return {Matrix::Ones(1, 1), Matrix::Constant(1, 1, problem.reference), "function"};
}

}  // namespace saddleflow
