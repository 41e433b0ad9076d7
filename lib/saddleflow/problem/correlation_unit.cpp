#include "saddleflow/problem/correlation_unit.hpp"

#include <cmath>

namespace saddleflow {

Real correlation_unit(const Objective& objective) {
  const Matrix &inputs = objective.data().inputs, &targets = objective.data().targets;
  Matrix z;
  objective.loss().derivative(Matrix::Zero(targets.rows(), targets.cols()), targets, z);
  const auto degree = static_cast<Real>(objective.network().input_degree());
  Real unit = 0;
  for (Index i = 0; i < inputs.cols(); ++i)
    unit += z.col(i).stableNorm() * std::pow(inputs.col(i).stableNorm(), degree);
  return unit;
}

}  // namespace saddleflow
