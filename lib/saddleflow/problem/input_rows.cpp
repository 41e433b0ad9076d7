#include "saddleflow/problem/input_rows.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <sstream>
#include <string_view>
#include <vector>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/input_file.hpp"
#include "saddleflow/problem/csv_cells.hpp"

namespace saddleflow {

namespace {

/// The number of inputs that a header x1,...,xd (x alone for one) announces, with columns y1,...,yk or y
/// after them or none; 0: no such header.
std::size_t header_inputs(const std::vector<std::string_view>& cells) {
  std::size_t inputs = 0, targets = 0;
  for (const std::string_view cell : cells) {
    if (targets == 0 && (cell == fmt::format("x{}", inputs + 1) || (inputs == 0 && cell == "x")))
      ++inputs;
    else if (inputs > 0 && (cell == fmt::format("y{}", targets + 1) || (targets == 0 && cell == "y")))
      ++targets;
    else
      return 0;
  }
  return inputs;
}

Real finite_number(std::string_view cell, const std::string& place) {
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size() || !std::isfinite(value))
    throw InputError(fmt::format("{}: found \"{}\", expected a finite number", place, cell));
  return static_cast<Real>(value);
}

}  // namespace

Matrix read_input_rows(const std::string& path) {
  std::istringstream in(read_input(path, "a CSV file of inputs, one point a line"));
  std::vector<std::vector<Real>> rows;
  std::string line;
  std::size_t columns = 0, kept = 0;  // the inputs are the first of the columns
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    const std::vector<std::string_view> cells = split_cells(line);
    if (cells.size() == 1 && cells.front().empty()) continue;
    if (rows.empty() && kept == 0 && header_inputs(cells) > 0) {
      kept = header_inputs(cells);
      columns = cells.size();
      continue;
    }
    if (columns == 0) kept = columns = cells.size();
    if (cells.size() != columns)
      throw InputError(fmt::format("{}: line {}: found {} cells, expected {} as before", path, number,
                                   cells.size(), columns));
    std::vector<Real>& row = rows.emplace_back();
    for (std::size_t j = 0; j < kept; ++j)
      row.push_back(finite_number(cells[j], fmt::format("{}: line {}, cell {}", path, number, j + 1)));
  }
  if (rows.empty()) throw InputError(path + ": holds no inputs");
  Matrix inputs(static_cast<Index>(rows.front().size()), static_cast<Index>(rows.size()));
  for (Index i = 0; i < inputs.cols(); ++i)
    for (Index j = 0; j < inputs.rows(); ++j)
      inputs(j, i) = rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
  return inputs;
}

}  // namespace saddleflow
