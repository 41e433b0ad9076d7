#include "saddleflow/problem/standardise.hpp"

#include <fmt/format.h>

#include <cmath>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

void standardise_rows(Matrix& values, char letter, const std::string& origin) {
  using std::sqrt;
  for (Index j = 0; j < values.rows(); ++j) {
    auto row = values.row(j).array();
    if (row.minCoeff() == row.maxCoeff())
      throw InputError(fmt::format("{}: column {}{} is constant ({}), it cannot be standardised", origin,
                                   letter, j + 1, row(0)));
    row -= row.mean();
    row -= row.mean();  // the rounding of the first mean, which matters where it is large against the spread
    row /= sqrt(row.square().mean());
  }
}

}  // namespace

void standardise_inputs(Dataset& data) { standardise_rows(data.inputs, 'x', data.origin); }

void standardise(Dataset& data) {
  standardise_inputs(data);
  standardise_rows(data.targets, 'y', data.origin);
}

}  // namespace saddleflow
