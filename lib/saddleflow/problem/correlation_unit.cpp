#include "saddleflow/problem/correlation_unit.hpp"

#include <algorithm>
#include <cmath>

namespace saddleflow {

namespace {

int input_degree(const Network& network) {
  int hidden = 0, degree = 1;
  for (const Neuron& neuron : network.neurons()) hidden = std::max(hidden, neuron.layer + 1);
  for (int l = 0; l < hidden; ++l) degree *= network.activation().power();
  return degree;
}

}  // namespace

Real correlation_unit(const Objective& objective) {
  const Matrix &inputs = objective.data().inputs, &targets = objective.data().targets;
  Matrix z;
  objective.loss().derivative(Matrix::Zero(targets.rows(), targets.cols()), targets, z);
  const auto degree = static_cast<Real>(input_degree(objective.network()));
  Real unit = 0;
  for (Index i = 0; i < inputs.cols(); ++i)
    unit += z.col(i).stableNorm() * std::pow(inputs.col(i).stableNorm(), degree);
  return unit;
}

}  // namespace saddleflow
