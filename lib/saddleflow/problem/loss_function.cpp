#include "saddleflow/problem/loss_function.hpp"

#include <fmt/format.h>

#include <cmath>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

void LossFunction::refuse_target(Real found, Index sample, Index output, const std::string& expected) const {
  throw InputError(fmt::format("targets: found {} for sample {}, output {}; the {} loss expects {}", found,
                               sample, output, name(), expected));
}

void LossFunction::check_targets(const Matrix& targets) const {
  for (Index i = 0; i < targets.cols(); ++i)
    for (Index o = 0; o < targets.rows(); ++o)
      if (!std::isfinite(targets(o, i))) refuse_target(targets(o, i), i, o, "finite numbers");
}

Matrix LossFunction::encoded_targets(const Matrix& given, Index /*outputs*/) const { return given; }

void LossFunction::margin_terms(const Matrix&, const Matrix&, Matrix&, Matrix&) const {
  throw InputError(fmt::format("margins: the {} loss has none, expected a loss of classes", name()));
}

Matrix LossFunction::margins(const Matrix& outputs, const Matrix& targets) const {
  Matrix terms, weights;
  margin_terms(outputs, targets, terms, weights);
  return terms.colwise().minCoeff();
}

Real LossFunction::error_rate(const Matrix& outputs, const Matrix& targets) const {
  const Matrix least = margins(outputs, targets);
  // Counts what is not a number as wrong.
  const Index right = (least.array() > 0).count();
  return static_cast<Real>(least.size() - right) / static_cast<Real>(least.size());
}

}  // namespace saddleflow
