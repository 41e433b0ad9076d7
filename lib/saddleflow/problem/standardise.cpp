#include "saddleflow/problem/standardise.hpp"

#include <fmt/format.h>

#include <cmath>

namespace saddleflow {

Standardiser::Scaling Standardiser::scaling_of(const Matrix& values, char letter,
                                               std::vector<std::string>& constant) {
  using std::sqrt;
  const Index count = values.rows();
  Scaling scaling{Vector(count), Vector::Zero(count), Vector::Ones(count)};
  for (Index j = 0; j < count; ++j) {
    const auto row = values.row(j).array();
    if (row.minCoeff() == row.maxCoeff()) {
      scaling.mean[j] = row(0);
      constant.push_back(fmt::format("{}{}", letter, j + 1));
      continue;
    }
    scaling.mean[j] = row.mean();
    Eigen::Array<Real, 1, Eigen::Dynamic> centred = row - scaling.mean[j];
    scaling.rest[j] = centred.mean();
    centred -= scaling.rest[j];
    scaling.spread[j] = sqrt(centred.square().mean());
  }
  return scaling;
}

void Standardiser::Scaling::apply(Matrix& values) const {
  for (Index j = 0; j < mean.size(); ++j) {
    auto row = values.row(j).array();
    row -= mean[j];
    row -= rest[j];
    row /= spread[j];
  }
}

Standardiser::Standardiser(const Dataset& data, Columns columns)
    : inputs_(scaling_of(data.inputs, 'x', constant_)) {
  if (columns == Columns::all) targets_ = scaling_of(data.targets, 'y', constant_);
}

void Standardiser::apply(Dataset& data) const {
  inputs_.apply(data.inputs);
  targets_.apply(data.targets);
  data.constant_columns = constant_;
}

}  // namespace saddleflow
