#include "saddleflow/problem/hdf5_data.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "saddleflow/archive/hdf5/hdf5.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

using Table = archive::Matrix2D;

/// Refuses infinite numbers and, unless gaps are allowed, NaN; true when the row has no gap.
bool check_row(const Table& table, std::int64_t row, const std::string& place, bool drop_gaps) {
  bool complete = true;
  for (std::int64_t j = 0; j < table.columns; ++j) {
    const double value = table.values[static_cast<std::size_t>(row * table.columns + j)];
    const auto where = [&] { return fmt::format("{}: row {}, column {}", place, row + 1, j + 1); };
    if (std::isinf(value))
      throw InputError(fmt::format("{}: {} found, expected a finite number", where(), value));
    if (!std::isnan(value)) continue;
    if (!drop_gaps)
      throw InputError(fmt::format(
          "{}: NaN found, expected a number (data.drop_gaps = true leaves such rows out)", where()));
    complete = false;
  }
  return complete;
}

/// The kept rows of a row-major table as columns.
Matrix columns_of(const Table& table, const std::vector<std::int64_t>& rows) {
  Matrix result(table.columns, static_cast<Index>(rows.size()));
  for (Index i = 0; i < result.cols(); ++i)
    for (Index j = 0; j < result.rows(); ++j)
      result(j, i) =
          Real(table.values[static_cast<std::size_t>(rows[static_cast<std::size_t>(i)] * table.columns + j)]);
  return result;
}

}  // namespace

Dataset read_hdf5_data(const std::string& path, bool drop_gaps) {
  const Table inputs = archive::read_dataset_2d(path, "inputs");
  const Table targets = archive::read_dataset_2d(path, "targets");
  if (inputs.rows != targets.rows)
    throw InputError(fmt::format("{}: /inputs has {} rows and /targets {}, expected as many", path,
                                 inputs.rows, targets.rows));
  if (inputs.rows == 0 || inputs.columns == 0 || targets.columns == 0)
    throw InputError(
        fmt::format("{}: /inputs is {} x {} and /targets {} x {}, expected at least one row and column", path,
                    inputs.rows, inputs.columns, targets.rows, targets.columns));
  std::vector<std::int64_t> rows;
  for (std::int64_t i = 0; i < inputs.rows; ++i) {
    const bool inputs_complete = check_row(inputs, i, path + ": /inputs", drop_gaps);
    const bool targets_complete = check_row(targets, i, path + ": /targets", drop_gaps);
    if (inputs_complete && targets_complete) rows.push_back(i);
  }
  if (rows.empty()) throw InputError(fmt::format("{}: no rows left, all {} have gaps", path, inputs.rows));

  Dataset data;
  data.inputs = columns_of(inputs, rows);
  data.targets = columns_of(targets, rows);
  data.origin = path;
  data.dropped = static_cast<Index>(inputs.rows) - data.inputs.cols();
  return data;
}

}  // namespace saddleflow
