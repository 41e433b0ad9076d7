#include "saddleflow/problem/data_table.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

using Numbers = archive::Matrix2D;

std::string table_place(const std::string& path, const DataTable& table, std::int64_t row,
                        std::int64_t column) {
  return fmt::format("{}: {}: row {}, column {}", path, table.name, row + 1, column + 1);
}

/// The column of the first gap of the row, -1 for none. Refuses infinite numbers.
std::int64_t gap_in_row(const std::string& path, const DataTable& table, std::int64_t row) {
  const Numbers& numbers = table.numbers;
  std::int64_t gap = -1;
  for (std::int64_t j = 0; j < numbers.columns; ++j) {
    const double value = numbers.values[static_cast<std::size_t>(row * numbers.columns + j)];
    if (std::isinf(value))
      throw InputError(
          fmt::format("{}: {} found, expected a finite number", table_place(path, table, row, j), value));
    if (std::isnan(value) && gap < 0) gap = j;
  }
  return gap;
}

/// The kept rows of a row-major table as columns.
Matrix columns_of(const Numbers& table, const std::vector<std::int64_t>& rows) {
  Matrix result(table.columns, static_cast<Index>(rows.size()));
  for (Index i = 0; i < result.cols(); ++i)
    for (Index j = 0; j < result.rows(); ++j)
      result(j, i) =
          Real(table.values[static_cast<std::size_t>(rows[static_cast<std::size_t>(i)] * table.columns + j)]);
  return result;
}

void check_shapes(const std::string& path, const DataTable& inputs, const DataTable& targets) {
  const Numbers &x = inputs.numbers, &y = targets.numbers;
  if (x.rows != y.rows)
    throw InputError(fmt::format("{}: {} has {} rows and {} {}, expected as many", path, inputs.name, x.rows,
                                 targets.name, y.rows));
  if (x.rows == 0 || x.columns == 0 || y.columns == 0)
    throw InputError(fmt::format("{}: {} is {} x {} and {} {} x {}, expected at least one row and column",
                                 path, inputs.name, x.rows, x.columns, targets.name, y.rows, y.columns));
}

}  // namespace

Dataset dataset_of(const std::string& path, const DataTable& inputs, const DataTable& targets,
                   bool drop_gaps) {
  check_shapes(path, inputs, targets);
  std::vector<std::int64_t> rows;
  std::string first_gap;
  for (std::int64_t i = 0; i < inputs.numbers.rows; ++i) {
    const std::int64_t in_inputs = gap_in_row(path, inputs, i), in_targets = gap_in_row(path, targets, i);
    if (in_inputs < 0 && in_targets < 0)
      rows.push_back(i);
    else if (first_gap.empty())
      first_gap = (in_inputs >= 0 ? table_place(path, inputs, i, in_inputs)
                                  : table_place(path, targets, i, in_targets)) +
                  ": NaN";
  }
  const Index all = static_cast<Index>(inputs.numbers.rows), gaps = all - static_cast<Index>(rows.size());
  if (gaps > 0 && !drop_gaps) refuse_gaps(first_gap, gaps, all);
  if (rows.empty()) throw InputError(fmt::format("{}: no rows left, all {} have gaps", path, all));

  Dataset data;
  data.inputs = columns_of(inputs.numbers, rows);
  data.targets = columns_of(targets.numbers, rows);
  data.origin = path;
  data.dropped = gaps;
  return data;
}

void refuse_gaps(const std::string& first, Index gaps, Index rows) {
  throw InputError(fmt::format(
      "{} found, expected a number; {} of {} rows {} gaps (data.drop_gaps = true leaves them out)", first,
      gaps, rows, gaps == 1 ? "has" : "have"));
}

}  // namespace saddleflow
