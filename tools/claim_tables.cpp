#include "claim_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "saddleflow/base/wrapped.hpp"

namespace saddleflow::tools {

namespace {

constexpr std::array<std::size_t, 4> kWidths{42, 26, 42, 22};

void print_row(std::FILE* out, const std::array<std::string, 4>& cells) {
  std::array<std::vector<std::string>, 4> columns;
  std::size_t height = 0;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    columns[c] = wrapped(cells[c], kWidths[c]);
    height = std::max(height, columns[c].size());
  }
  for (std::size_t row = 0; row < height; ++row) {
    std::string line;
    for (std::size_t c = 0; c < cells.size(); ++c)
      line += fmt::format("  {:<{}}", row < columns[c].size() ? columns[c][row] : "", kWidths[c]);
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print(out, "{}\n", line);
  }
}

}  // namespace

void print_table_head(std::FILE* out) { print_row(out, {"claim", "prediction", "measured", "verdict"}); }

void print_report(std::FILE* out, const claims::Report& report, bool details) {
  fmt::print(out, "\n{}\n", report.title);
  for (const std::string& line : wrapped(report.setting, 130)) fmt::print(out, "  {}\n", line);
  if (details)
    for (const std::string& line : report.details) fmt::print(out, "    {}\n", line);
  for (const claims::Finding& f : report.findings)
    print_row(out, {f.claim, f.prediction, f.measured,
                    std::string(name_of(f.verdict)) + (f.reason.empty() ? "" : ": " + f.reason)});
}

}  // namespace saddleflow::tools
