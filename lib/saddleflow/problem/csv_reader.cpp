#include "saddleflow/problem/csv_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include "saddleflow/base/error.hpp"
#include "saddleflow/problem/csv_cells.hpp"
#include "saddleflow/problem/data_table.hpp"

namespace saddleflow {

namespace {

struct Columns {
  Index inputs = 0;
  Index targets = 0;
  Index count() const { return inputs + targets; }
  std::string name(Index column) const {
    return column < inputs ? fmt::format("x{}", column + 1) : fmt::format("y{}", column - inputs + 1);
  }
};

/// Where a row lies, for messages.
struct Place {
  const std::string& file;
  const Columns& columns;
  std::size_t line;
  std::string cell(std::size_t column) const {
    return fmt::format("{}: line {}, column {}", file, line, columns.name(static_cast<Index>(column)));
  }
};

/// The text line by line, without a byte-order mark and without empty lines at the end.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (rest_.substr(0, byte_order_mark.size()) == byte_order_mark)
      rest_.remove_prefix(byte_order_mark.size());
    const std::size_t last = rest_.find_last_not_of(" \t\r\n");
    rest_ = last == std::string_view::npos ? std::string_view{} : rest_.substr(0, last + 1);
  }
  bool next(std::string_view& line) {
    if (rest_.empty()) return false;
    const std::size_t end = rest_.find('\n');
    line = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
    ++number_;
    return true;
  }
  std::size_t number() const { return number_; }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

Columns parse_header(std::string_view line, const std::string& file) {
  Columns columns;
  bool one_input = false, one_target = false;  // x or y without a number is the only one
  for (const std::string_view cell : split_cells(line)) {
    if (columns.targets == 0 && !one_input && cell == fmt::format("x{}", columns.inputs + 1)) {
      ++columns.inputs;
    } else if (columns.count() == 0 && cell == "x") {
      columns.inputs = 1;
      one_input = true;
    } else if (columns.inputs > 0 && !one_target && cell == fmt::format("y{}", columns.targets + 1)) {
      ++columns.targets;
    } else if (columns.inputs > 0 && columns.targets == 0 && cell == "y") {
      columns.targets = 1;
      one_target = true;
    } else {
      throw InputError(fmt::format("{}: line 1, column {}: header \"{}\" found, expected x1,...,xd,y1,...,yk",
                                   file, columns.count() + 1, cell));
    }
  }
  if (columns.targets == 0)
    throw InputError(fmt::format("{}: line 1: no target column found, expected x1,...,xd,y1,...,yk", file));
  return columns;
}

/// However they are capitalised.
bool is_gap(std::string_view cell) {
  constexpr std::array<std::string_view, 7> words = {"", "na", "n/a", "nan", "null", "none", "?"};
  constexpr std::size_t longest = 4;
  if (cell.size() > longest) return false;
  std::string lower;
  for (const char c : cell) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::find(words.begin(), words.end(), lower) != words.end();
}

Real parse_number(std::string_view cell, const Place& place, std::size_t column) {
  using std::isfinite;
  Real value = 0;
  const bool plus = cell.size() > 1 && cell[0] == '+' && cell[1] != '-';  // from_chars knows no plus sign
  const char* const first = cell.data() + (plus ? 1 : 0);
  const char* const last = cell.data() + cell.size();
  const auto [end, error] = std::from_chars(first, last, value);
  if (error == std::errc::result_out_of_range && end == last)
    throw InputError(fmt::format("{}: \"{}\" is outside the range of numbers", place.cell(column), cell));
  if (error != std::errc{} || end != last)
    throw InputError(fmt::format("{}: \"{}\" found, expected a number", place.cell(column), cell));
  if (!isfinite(value))
    throw InputError(fmt::format("{}: \"{}\" found, expected a finite number", place.cell(column), cell));
  return value;
}

/// Appends the row to `values`; nothing when it has a gap, whose column is returned then (-1: none). All
/// cells are checked even so.
Index parse_row(const std::vector<std::string_view>& cells, const Place& place, std::vector<Real>& values) {
  const std::size_t start = values.size();
  Index gap = -1;
  for (std::size_t j = 0; j < cells.size(); ++j) {
    if (!is_gap(cells[j]))
      values.push_back(parse_number(cells[j], place, j));
    else if (gap < 0)
      gap = static_cast<Index>(j);
  }
  if (gap >= 0) values.resize(start);
  return gap;
}

}  // namespace

Dataset parse_csv(std::string_view text, const std::string& name, bool drop_gaps) {
  Lines lines(text);
  std::string_view line;
  if (!lines.next(line))
    throw InputError(fmt::format("{}: empty file, expected a header x1,...,xd,y1,...,yk", name));
  const Columns columns = parse_header(line, name);

  Dataset data;
  data.origin = name;
  std::vector<Real> values;
  std::string first_gap;
  while (lines.next(line)) {
    const std::vector<std::string_view> cells = split_cells(line);
    if (static_cast<Index>(cells.size()) != columns.count())
      throw InputError(fmt::format("{}: line {}: {} cells found, expected {} as in the header", name,
                                   lines.number(), cells.size(), columns.count()));
    const Place place{name, columns, lines.number()};
    const Index gap = parse_row(cells, place, values);
    if (gap < 0) continue;
    const auto column = static_cast<std::size_t>(gap);
    if (data.dropped++ == 0)
      first_gap = fmt::format("{}: {}", place.cell(column),
                              cells[column].empty() ? "empty cell" : fmt::format("\"{}\"", cells[column]));
  }
  const Index complete = static_cast<Index>(values.size()) / columns.count();
  if (data.dropped > 0 && !drop_gaps) refuse_gaps(first_gap, data.dropped, complete + data.dropped);
  if (values.empty())
    throw InputError(data.dropped > 0
                         ? fmt::format("{}: no rows left, all {} have gaps", name, data.dropped)
                         : fmt::format("{}: no rows after the header, expected at least one", name));

  const ConstMatrixView table(values.data(), columns.count(), complete);
  data.inputs = table.topRows(columns.inputs);
  data.targets = table.bottomRows(columns.targets);
  return data;
}

}  // namespace saddleflow
